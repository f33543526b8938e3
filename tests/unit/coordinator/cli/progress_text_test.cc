#include "coordinator/cli/progress_text.h"

#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;

PairProgress Pair(const std::string& name, std::int64_t units, std::int64_t open, double speed) {
  return {.name = name,
          .state = open == 0 ? "complete" : "open",
          .units = units,
          .completed = units - open,
          .open = open,
          .units_per_second = speed,
          .agents = open == 0 ? std::vector<std::string>{} : std::vector<std::string>{"mac"}};
}

SweepProgress Night() {
  return {.id = 1,
          .name = "night",
          .state = "running",
          .reason = "",
          .pairs = {Pair("a/x/any/isolated", 100, 0, 9), Pair("b/x/any/isolated", 100, 50, 2)}};
}

TEST(ProgressLineTest, AddsUpThePairsAndEstimatesWhatIsLeftOnceTheSpeedIsKnown) {
  EXPECT_EQ(ProgressLine(Night(), 2.0), "night: 150/200 (75.0 %), 2.0/s, about 25s left");
  EXPECT_EQ(ProgressLine(Night(), std::nullopt), "night: 150/200 (75.0 %)");
}

TEST(ProgressLineTest, NamesFailuresQuarantineStateAndReason) {
  SweepProgress sweep = Night();
  sweep.pairs[0].failed = 12;
  sweep.pairs[1].quarantined = 3;
  sweep.state = "blocked";
  sweep.reason = "UNSATISFIABLE: x";

  EXPECT_EQ(ProgressLine(sweep, 2.0),
            "night: 150/200 (75.0 %), 2.0/s, about 25s left, 12 failed, 3 quarantined, blocked: "
            "UNSATISFIABLE: x");
}

TEST(ProgressLineTest, SaysHundredPercentOnlyWhenAllIsDone) {
  SweepProgress sweep = Night();
  sweep.pairs = {Pair("a", 1'000'000, 1, 0)};
  EXPECT_EQ(ProgressLine(sweep, std::nullopt), "night: 999999/1000000 (99.9 %)");

  sweep.pairs = {Pair("a", 1'000'000, 0, 0)};
  EXPECT_EQ(ProgressLine(sweep, std::nullopt), "night: 1000000/1000000 (100.0 %)");
}

TEST(ProgressLineTest, ASweepWithoutPairsHasNothingDone) {
  SweepProgress sweep = Night();
  sweep.pairs.clear();

  EXPECT_EQ(ProgressLine(sweep, std::nullopt), "night: 0/0 (0.0 %)");
}

TEST(ProgressLinesTest, ShowsThePairsAtWorkAndCountsThoseThatDoNotFit) {
  SweepProgress sweep = Night();
  for (int i = 0; i < 5; ++i) {
    sweep.pairs.push_back(Pair("p" + std::to_string(i), 10, 5, 1));
  }

  const auto lines = ProgressLines(sweep, 1.0, 4, 80);

  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_EQ(lines[1], "  b/x/any/isolated: 50/100 (50.0 %), 2.0/s");
  EXPECT_EQ(lines[3], "  and 4 more at work");
}

TEST(ProgressLinesTest, KeepsToTheTerminal) {
  for (const std::string& line : ProgressLines(Night(), 1.0, 6, 30)) {
    EXPECT_LE(line.size(), 30U);
  }
}

TEST(ProgressLinesTest, ABlockedPairIsShownWithItsReason) {
  SweepProgress sweep = Night();
  sweep.pairs[1].agents.clear();
  sweep.pairs[1].state = "blocked";
  sweep.pairs[1].units_per_second = 0;
  sweep.pairs[1].reason = "BUILD_MISMATCH";

  EXPECT_THAT(ProgressLines(sweep, std::nullopt, 6, 100),
              ElementsAre("night: 150/200 (75.0 %)",
                          "  b/x/any/isolated: 50/100 (50.0 %), blocked: BUILD_MISMATCH"));
}

TEST(RoughDurationTest, RoundsToWhatMatters) {
  EXPECT_EQ(RoughDuration(seconds(45)), "45s");
  EXPECT_EQ(RoughDuration(seconds(12 * 60 + 10)), "12m");
  EXPECT_EQ(RoughDuration(seconds(3 * 3600 + 20 * 60)), "3h 20m");
}

TEST(HasEndedTest, OnlyCompleteAndCancelledSweepsHave) {
  EXPECT_TRUE(HasEnded("complete"));
  EXPECT_TRUE(HasEnded("complete_with_gaps"));
  EXPECT_TRUE(HasEnded("cancelled"));
  EXPECT_FALSE(HasEnded("paused"));
  EXPECT_FALSE(HasEnded("blocked"));
}

}  // namespace
}  // namespace wattfleet::coordinator
