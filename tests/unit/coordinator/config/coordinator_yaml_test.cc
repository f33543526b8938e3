#include "coordinator/config/coordinator_yaml.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;

TEST(CoordinatorYamlTest, ReadsEveryKeyAndTakesPathsFromTheFilesFolder) {
  const TempDir directory;
  const std::string path =
      directory.Write("c.yaml",
                      "data: store\nlisten: 127.0.0.1:0\ninsecure_loopback: true\n"
                      "retention: {traces: none}\n");

  WF_ASSERT_OK_AND_ASSIGN(const CoordinatorFile file, LoadCoordinatorFile(path));

  EXPECT_EQ(file.data_directory, directory.Path("store"));
  EXPECT_EQ(file.listen, "127.0.0.1:0");
  EXPECT_TRUE(file.insecure_loopback);
  EXPECT_FALSE(file.keep_traces);
  WF_ASSERT_OK_AND_ASSIGN(const CoordinatorFile standard,
                          LoadCoordinatorFile(directory.Write("d.yaml", "data: store\n")));
  EXPECT_TRUE(standard.keep_traces);
}

TEST(CoordinatorYamlTest, NamesWhatIsWrong) {
  const TempDir directory;
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"datum: x\n", ":1:1: unknown key \"datum\"; nearest is \"data\""},
      {"listen: here\n", ":1:9: listen: expected HOST:PORT"},
      {"retention: {traces: some}\n", ":1:21: traces: "},
      {"retention: {responses: all}\n", ":1:24: responses: not supported yet"},
      {"dashboard: 127.0.0.1:7480\n", ":1:12: dashboard: not supported yet"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(LoadCoordinatorFile(directory.Write("c.yaml", c.text)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message)));
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
