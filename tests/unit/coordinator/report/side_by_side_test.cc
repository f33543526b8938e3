#include "coordinator/report/side_by_side.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using coordinator::CompareOperatingPoints;
using coordinator::CompareSides;
using coordinator::SideBySide;
using coordinator::SideSources;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

SideSources SideOf(ExampleSweep& sweep, const std::string& pair) {
  coordinator::ReportOptions options;
  options.settings = {{"prompt template", "auto-v1:1a2b"}};
  return {.view = &sweep.view, .workload = &sweep.workload, .options = options, .pair = pair};
}

std::vector<std::string> WhatDiffers(const coordinator::PairsSideBySide& both) {
  std::vector<std::string> names;
  for (const coordinator::ProvenanceDifference& difference : both.differences) {
    names.push_back(difference.what);
  }
  return names;
}

// Of the 998 queries that the Mac decided (example_sweep.h), the server alone solves those with
// i % 100 of 44 or 45: 20 of them, and the Mac none: -20 / 998.
TEST(CompareSides, PairsOutcomesOverTheQueriesThatBothDecided) {
  ExampleSweep sweep;
  const auto comparison = CompareSides(SideOf(sweep, "ollama"), SideOf(sweep, "vllm"));
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  ASSERT_THAT(comparison->pairs, SizeIs(1));
  const auto& both = comparison->pairs[0];
  EXPECT_EQ(both.queries, 998);
  EXPECT_DOUBLE_EQ(both.accuracy_difference->value, -20.0 / 998);
  EXPECT_DOUBLE_EQ(*both.p_mcnemar, std::ldexp(1, -19));  // 2 x (1/2)^20
  EXPECT_EQ(both.p_holm, both.p_mcnemar);
  // IPW 0.0096462 against 0.00092: see render_csv_test's golden.
  EXPECT_NEAR(*both.ipw_ratio, 0.009646157313500114 / 0.00092, 1e-9);
}

TEST(CompareOperatingPoints, AreTheConditionsThatTakeLeastOfEachSideWithoutACounterpart) {
  ExampleSweep a;
  ExampleSweep b;
  b.view.record.name = "other";
  const auto couple = CompareSides(SideOf(a, "ollama"), SideOf(a, "vllm"));
  ASSERT_TRUE(couple.ok()) << couple.status();
  const auto& mac = couple->pairs[0].a;
  const auto& server = couple->pairs[0].b;
  const double mac_joules = mac.energy.figures.joules_per_correct.value();
  const double server_joules = server.energy.figures.joules_per_correct.value();
  ASSERT_LT(mac_joules, server_joules);

  const auto points = CompareOperatingPoints(SideOf(a, ""), SideOf(b, "vllm"));

  ASSERT_TRUE(points.ok()) << points.status();
  EXPECT_THAT(points->pairs, IsEmpty());
  const auto joules_of = [&](const std::string& side) {
    for (const auto& point : points->operating_points) {
      if (point.side == side && point.measure == "joules_per_correct") {
        return point;
      }
    }
    return coordinator::OperatingPoint();
  };
  EXPECT_EQ(joules_of("A").pair, mac.id);
  EXPECT_DOUBLE_EQ(joules_of("A").value, mac_joules);
  EXPECT_EQ(joules_of("B").pair, server.id);
  EXPECT_EQ(joules_of("B").condition, server.condition);
  EXPECT_DOUBLE_EQ(joules_of("B").value, server_joules);
  EXPECT_THAT(RenderOperatingPoints(*points), HasSubstr(server.id));
}

TEST(CompareOperatingPoints, HaveNoJoulesOfAnotherClass) {
  ExampleSweep a;
  SideSources side = SideOf(a, "");
  side.options.energy_class = "wall";  // nothing of the example is measured there
  const auto points = CompareOperatingPoints(side, SideOf(a, "vllm"));
  ASSERT_TRUE(points.ok()) << points.status();
  for (const auto& point : points->operating_points) {
    EXPECT_FALSE(point.side == "A" && point.measure == "joules_per_correct") << point.pair;
  }
}

TEST(CompareSides, NamesEverythingThatIsNotTheSame) {
  ExampleSweep sweep;
  const auto comparison = CompareSides(SideOf(sweep, "ollama"), SideOf(sweep, "vllm"));
  ASSERT_TRUE(comparison.ok());
  EXPECT_THAT(WhatDiffers(comparison->pairs[0]),
              ::testing::ElementsAre("engine", "engine version", "quantization", "model digest",
                                     "accelerator", "sensors", "power supply"));
}

TEST(CompareSides, WarnsOfAnotherTemplateGraderAndSampling) {
  ExampleSweep a;
  ExampleSweep b;
  b.view.record.name = "other";
  b.view.graders = {{"mcq", 2}};
  b.view.pairs[0].spec.generation.temperature = 0.7;
  SideSources side_b = SideOf(b, "ollama");
  side_b.options.settings = {{"prompt template", "plain-v1:ffff"}};
  const auto comparison = CompareSides(SideOf(a, "ollama"), side_b);
  ASSERT_TRUE(comparison.ok());
  EXPECT_THAT(WhatDiffers(comparison->pairs[0]),
              ::testing::ElementsAre("sampling", "graders", "prompt template"));
  EXPECT_THAT(RenderSideBySide(*comparison),
              HasSubstr("warning: not the same on both sides (A | B):\n"));
  EXPECT_THAT(RenderSideBySide(*comparison), HasSubstr("graders: mcq 1 | mcq 2"));
}

TEST(CompareSides, NeverRanksTwoConditionsByEnergy) {
  ExampleSweep sweep;
  sweep.view.pairs[1].spec.condition.concurrency = 8;
  const auto comparison = CompareSides(SideOf(sweep, "ollama"), SideOf(sweep, "vllm"));
  ASSERT_TRUE(comparison.ok());
  EXPECT_FALSE(comparison->pairs[0].ipw_ratio.has_value());
  EXPECT_THAT(WhatDiffers(comparison->pairs[0]), ::testing::Contains("condition"));
}

TEST(CompareSides, MatchesTheSamePairsOfTwoSweeps) {
  ExampleSweep a;
  ExampleSweep b;
  b.view.record.name = "again";
  b.view.pairs.pop_back();
  const auto comparison = CompareSides(SideOf(a, ""), SideOf(b, ""));
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  ASSERT_THAT(comparison->pairs, SizeIs(2));
  EXPECT_THAT(WhatDiffers(comparison->pairs[0]), IsEmpty());
  EXPECT_THAT(RenderSideBySide(*comparison), Not(HasSubstr("warning")));
  EXPECT_EQ(comparison->only_in_a, std::vector<std::string>{"qwen-0.5b/openai/cpu-xeon/isolated"});
  EXPECT_THAT(comparison->only_in_b, IsEmpty());
}

TEST(CompareSides, SaysInOneLineWhyThereIsNothingToCompare) {
  ExampleSweep a;
  ExampleSweep b;
  EXPECT_THAT(CompareSides(SideOf(a, "nosuch"), SideOf(a, "vllm")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has no pair \"nosuch\"")));
  EXPECT_THAT(CompareSides(SideOf(a, "llama"), SideOf(a, "qwen")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2 pairs of sweep")));
  b.view.record.workload_id = "sha256:other";
  EXPECT_THAT(CompareSides(SideOf(a, "vllm"), SideOf(b, "vllm")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no common query")));
  ExampleSweep unstarted;
  unstarted.view.results.clear();
  unstarted.view.energy.clear();
  EXPECT_THAT(CompareSides(SideOf(a, "vllm"), SideOf(unstarted, "vllm")),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("no common query: none is decided for both")));
}

TEST(RenderSideBySideJson, HasNullForWhatIsNotKnown) {
  ExampleSweep sweep;
  const auto comparison = CompareSides(SideOf(sweep, "vllm"), SideOf(sweep, "qwen"));
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  const json parsed = json::parse(RenderSideBySideJson(*comparison));
  EXPECT_EQ(parsed["schema"], "wattfleet.compare/1");
  const json& both = parsed["pairs"][0];
  EXPECT_TRUE(both["ipw_ratio"].is_null());
  EXPECT_TRUE(both["figures"]["ipw"]["b"].is_null());
  EXPECT_EQ(both["figures"]["power_watts"]["a"]["value"], 500);
  EXPECT_EQ(both["queries"], 1000);
}

}  // namespace
}  // namespace wattfleet::testing
