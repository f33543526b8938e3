#include "coordinator/report/findings.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using coordinator::AttentionOf;
using coordinator::FindingsOf;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Findings, SayWhoAnswersMostHereAndInTheCloud) {
  const auto findings = FindingsOf(ExampleSweep().Build());
  ASSERT_GE(findings.size(), 2);
  EXPECT_EQ(findings[0],
            "llama-3.1-8b-instruct on nvidia-h200 (cloud) answers the most: 46.0 % [42.9, 49.1] of "
            "1000 queries.");
  EXPECT_EQ(findings[1],
            "The best local pair, llama-3.1-8b-instruct on apple-m4-max-40c-128gb, answers 44.0 % "
            "[41.0, 47.1], which is 2.0 points fewer.");
}

// 0.44 of 45 W against 0.46 of 500 W: a ratio of 10.5 (see example_sweep.h).
TEST(Findings, RankMeasuredEnergyOnly) {
  const auto findings = FindingsOf(ExampleSweep().Build());
  EXPECT_THAT(findings,
              Contains(HasSubstr(
                  "Most intelligence per watt (class host, isolated): "
                  "llama-3.1-8b-instruct on apple-m4-max-40c-128gb with 0.00965 "
                  "[0.00860, 0.0105] per watt, 10.5 times llama-3.1-8b-instruct on nvidia-h200.")));
  EXPECT_THAT(findings, Contains(HasSubstr("Least energy for a correct answer (class host, "
                                           "isolated): llama-3.1-8b-instruct on "
                                           "apple-m4-max-40c-128gb with 323 [296, 362] J.")));
  EXPECT_THAT(findings, Each(Not(AllOf(HasSubstr("watt"), HasSubstr("qwen")))));
}

TEST(Findings, NeverRankTwoConditionsTogether) {
  coordinator::Report report = ExampleSweep().Build();
  report.pairs[1].condition = "served-8";
  const auto findings = FindingsOf(report);
  EXPECT_THAT(findings, Contains(HasSubstr("(class host, isolated)")));
  EXPECT_THAT(findings, Contains(HasSubstr("(class host, served-8)")));
  EXPECT_THAT(findings, Not(Contains(HasSubstr(" times llama"))));
}

TEST(Findings, TellNothingOfAnEmptySweep) {
  EXPECT_THAT(FindingsOf({}), IsEmpty());
  EXPECT_THAT(AttentionOf({}), Contains("The sweep has no pair yet."));
}

TEST(Attention, NamesGapsUnmeasuredPairsAndCautions) {
  const auto attention = AttentionOf(ExampleSweep().Build());
  EXPECT_THAT(attention, Contains("llama-3.1-8b-instruct on apple-m4-max-40c-128gb: 1 of 1000 "
                                  "results failed (NO_RECORDING)."));
  EXPECT_THAT(attention, Contains(HasSubstr("1 of 1000 results quarantined (3 crashes).")));
  EXPECT_THAT(attention, Contains(AllOf(HasSubstr("qwen-0.5b"), HasSubstr("no power sensor"))));
  EXPECT_THAT(attention, Contains(HasSubstr("one physical device")));
}

TEST(Attention, SaysOnceWhatSeveralPairsLack) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(4, view, workload);
  view.record.state = coordinator::SweepState::kRunning;
  view.pairs = {ExamplePair(1, "a", "ollama", "", "any"), ExamplePair(2, "b", "ollama", "", "any")};
  const auto report = BuildReport(view, workload, {});
  ASSERT_TRUE(report.ok());
  const auto attention = AttentionOf(*report);
  EXPECT_THAT(attention, Contains("a, b: 4 of 4 results open (not run yet)."));
  EXPECT_THAT(attention, Contains("The sweep is running: every figure is provisional until it is "
                                  "complete."));
}

}  // namespace
}  // namespace wattfleet::testing
