#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/config/coordinator_yaml.h"
#include "coordinator/config/sweep_yaml.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

const std::filesystem::path kExamples = WF_SOURCE_DIR "/deploy/examples";

TEST(ExamplesTest, EverySweepThatWeShipIsValid) {
  int sweeps = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kExamples)) {
    const std::string name = entry.path().filename().string();
    if (name.find("agent") != std::string::npos || name == "coordinator.yaml") {
      continue;
    }
    WF_EXPECT_OK(LoadSweepFile(entry.path().string())) << name;
    ++sweeps;
  }
  EXPECT_GE(sweeps, 4);
}

TEST(ExamplesTest, TheCoordinatorsFileIsValid) {
  WF_EXPECT_OK(LoadCoordinatorFile((kExamples / "coordinator.yaml").string()));
}

TEST(ExamplesTest, TheDemoNamesFilesThatAreThere) {
  WF_ASSERT_OK_AND_ASSIGN(const SweepFile file, LoadSweepFile((kExamples / "demo.yaml").string()));

  EXPECT_TRUE(std::filesystem::exists(file.workload.path)) << file.workload.path;
  for (const ModelEntry& model : file.models) {
    const std::string& ref = model.serve.at(0).build.ref;
    EXPECT_TRUE(std::filesystem::exists(ref)) << ref;
  }
}

TEST(ExamplesTest, TheReplayKnowsWhereEachRecordingWasMade) {
  WF_ASSERT_OK_AND_ASSIGN(const SweepFile file,
                          LoadSweepFile((kExamples / "mmlu-pro-replay.yaml").string()));

  std::vector<std::string> cloud;
  for (const ModelEntry& model : file.models) {
    if (model.serve.at(0).location == Location::kCloud) {
      cloud.push_back(model.name);
    }
  }
  EXPECT_EQ(file.models.size(), 8U);
  EXPECT_THAT(cloud, ::testing::ElementsAre("llama-3.1-70b-instruct", "gemini-1.5-pro-002"));
}

}  // namespace
}  // namespace wattfleet::coordinator
