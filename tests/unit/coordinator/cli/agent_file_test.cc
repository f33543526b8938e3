#include "coordinator/cli/agent_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

SweepFile OneModel(const std::string& engine, const std::string& url = "") {
  SweepFile file;
  Build& build = file.models.emplace_back().serve.emplace_back().build;
  build.engine = engine;
  build.base_url = url;
  return file;
}

TEST(AgentFileForTest, OffersWhatIsFoundHereAndRecordings) {
  EXPECT_EQ(AgentFileFor(OneModel("ollama")),
            "accelerators: auto\n"
            "engines:\n"
            "  - auto\n"
            "  - {kind: replay}\n"
            "power: auto\n");
}

TEST(AgentFileForTest, OffersMadeUpAnswersOnlyWhereTheSweepAsksForThem) {
  EXPECT_THAT(AgentFileFor(OneModel("synthetic")), HasSubstr("{kind: synthetic}"));
  EXPECT_THAT(AgentFileFor(OneModel("replay")), Not(HasSubstr("synthetic")));
}

TEST(AgentFileForTest, OffersEachApiThatTheSweepNamesOnce) {
  SweepFile file = OneModel("openai", "https://api.example/v1");
  file.models[0].serve[0].build.api_key_file = "/keys/k";
  file.models.push_back(file.models[0]);

  const std::string text = AgentFileFor(file);

  const std::string entry =
      "{kind: openai, url: \"https://api.example/v1\", api_key_file: \"/keys/k\"}";
  EXPECT_THAT(text, HasSubstr(entry));
  EXPECT_EQ(text.find(entry), text.rfind(entry));
}

}  // namespace
}  // namespace wattfleet::coordinator
