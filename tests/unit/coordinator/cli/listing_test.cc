#include "coordinator/cli/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;

FleetProgress OneSweep() {
  FleetProgress progress;
  progress.sweeps.push_back(
      {.id = 3, .name = "night", .state = "running", .reason = "", .pairs = {}});
  progress.sweeps[0].pairs.push_back({.name = "m/vllm/any/isolated",
                                      .state = "open",
                                      .reason = "",
                                      .units = 10,
                                      .completed = 6,
                                      .failed = 1,
                                      .quarantined = 1,
                                      .open = 2,
                                      .units_per_second = 0,
                                      .agents = {"mac"}});
  progress.events.push_back({.at_unix_ms = 0, .kind = "STORE", .text = "disk full"});
  return progress;
}

TEST(StatusTextTest, ShowsEachPairAndWhatHappened) {
  const std::string text = StatusText(OneSweep(), "here");

  EXPECT_THAT(text, HasSubstr("night: 8/10 (80.0 %), 1 failed, 1 quarantined\n"));
  EXPECT_THAT(text, HasSubstr("open, 1 failed, 1 quarantined, at work: mac\n"));
  EXPECT_THAT(text, HasSubstr("now  STORE  disk full\n"));
}

TEST(StatusTextTest, SaysWhereThereIsNoSweep) {
  EXPECT_EQ(StatusText({}, "the data in x"), "no sweep in the data in x\n");
}

TEST(StatusJsonTest, HasEveryCountAndLeavesOutWhatIsNotKnown) {
  const auto json = nlohmann::json::parse(StatusJson(OneSweep()));

  const auto& pair = json.at("sweeps").at(0).at("pairs").at(0);
  EXPECT_EQ(pair.at("pair"), "m/vllm/any/isolated");
  EXPECT_EQ(pair.at("completed"), 6);
  EXPECT_EQ(pair.at("open"), 2);
  EXPECT_FALSE(pair.contains("units_per_second"));
  EXPECT_EQ(json.at("events").at(0).at("kind"), "STORE");
}

TEST(StatusJsonTest, SurvivesTextThatIsNotUtf8) {
  FleetProgress progress = OneSweep();
  progress.sweeps[0].reason = "\xFF";

  EXPECT_FALSE(nlohmann::json::parse(StatusJson(progress), nullptr, false).is_discarded());
}

TEST(AgentsTextTest, SaysWhatAnAgentOffersDoesAndMeasures) {
  const std::vector<AgentSummary> agents = {
      {.name = "mac",
       .state = "live",
       .health = "",
       .version = "0.1.0",
       .instances = {{.name = "gpu", .accelerator = "apple-m4", .engines = {"ollama"}, .work = ""}},
       .power_channels = {},
       .results = 7}};

  EXPECT_EQ(AgentsText(agents),
            "mac: live, 7 results, version 0.1.0\n"
            "  gpu (apple-m4): ollama; idle\n"
            "  measures: nothing\n");
  EXPECT_EQ(nlohmann::json::parse(AgentsJson(agents)).at("agents").at(0).at("results"), 7);
}

}  // namespace
}  // namespace wattfleet::coordinator
