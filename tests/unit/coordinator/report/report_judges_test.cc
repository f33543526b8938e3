// What a report says of the judges of a sweep.
#include "coordinator/report/report_judges.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/report/build_report.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using coordinator::BuildReport;
using coordinator::FamilyOf;
using coordinator::Mismatch;
using coordinator::Report;
using coordinator::ReportedJudge;
using coordinator::VerdictRow;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr PairId kAnswers{1};
constexpr PairId kJudge{2};
constexpr char kGrader[] = "judge-pairwise-agree@0123456789ab/llama-4";

// Eight answers of llama, answer i with 10 x i tokens, judged in both orders; the first six are
// "correct". The judge changes its mind on answer 6 when the order changes.
struct JudgedSweep {
  JudgedSweep() {
    FillPlainWorkload(8, view, workload);
    view.pairs = {ExamplePair(1, "llama-3", "ollama", "q4_k_m", "nvidia-h200"),
                  ExamplePair(2, "judge", "openai", "", "any")};
    JudgeTask task{.subject = kAnswers,
                   .subject_name = "llama-3/ollama-q4_k_m/nvidia-h200/isolated",
                   .grader = kGrader,
                   .protocol = JudgeProtocol::kPairwise,
                   .answers = 8};
    coordinator::PairSnapshot& judge = view.pairs[1];
    judge.judge = task;
    judge.tokens = {.results = 19, .input = 2'000'000, .cached = 1'000'000, .output = 500'000};
    judge.spec.price =
        Price{.input_per_million = 2, .output_per_million = 8, .cached_input_per_million = 0.5};
    for (Unit unit = 0; unit < 8; ++unit) {
      view.results[kAnswers].push_back(
          ExampleResult(unit, unit < 6 ? VerdictValue::kCorrect : VerdictValue::kWrong));
      view.results[kAnswers].back().output_tokens = 10 * unit;
    }
    std::vector<VerdictRow>& said = view.verdicts[{kJudge, kGrader, 1}];
    const JudgeUnits units(task);
    for (Unit unit = 0; unit < units.per_attempt(); ++unit) {
      const JudgementAddress at = units.AddressOf(unit);
      const bool wins = at.answer < 6 || (at.answer == 6 && at.order == 0);
      said.push_back({.unit = unit, .value = wins ? VerdictValue::kCorrect : VerdictValue::kWrong});
    }
    said.push_back({.unit = units.per_attempt() + 1,
                    .value = VerdictValue::kNoAnswer,
                    .reason = "no verdict in the judge's reply"});
  }
  FakeSweepView view;
  FakeWorkload workload;
};

TEST(ReportJudges, SaysHowAJudgeAgreesWithItselfAndWhatItTook) {
  JudgedSweep sweep;

  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(sweep.view, sweep.workload, {}));

  EXPECT_THAT(report.pairs, SizeIs(1)) << "judges are no pair of the report";
  ASSERT_THAT(report.quality.judges, SizeIs(1));
  const ReportedJudge& judge = report.quality.judges[0];
  EXPECT_EQ(judge.judge, "llama-4");
  EXPECT_EQ(judge.judged, 8);
  EXPECT_EQ(judge.pending, 0);
  EXPECT_EQ(judge.both_orders, 8);
  EXPECT_EQ(judge.flipped, 1);
  EXPECT_EQ(judge.twice, 1);
  EXPECT_EQ(judge.twice_agree, 1);
  EXPECT_THAT(judge.win_rate_by_length, ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(judge.without_verdict, ElementsAre(Pair("no verdict in the judge's reply", 1)));
  // 1,000,000 x 2 + 1,000,000 cached x 0.5 + 500,000 x 8 millionths of a dollar.
  EXPECT_DOUBLE_EQ(*judge.cost_usd, 2 + 0.5 + 4);
  EXPECT_EQ(judge.joules, std::nullopt) << "nothing was measured";
}

TEST(ReportJudges, AnUnknownPriceOrCountOfTokensIsNoCost) {
  JudgedSweep uncounted;
  uncounted.view.pairs[1].tokens.uncounted = 1;
  JudgedSweep unpriced;
  unpriced.view.pairs[1].spec.price.reset();

  WF_ASSERT_OK_AND_ASSIGN(const Report one, BuildReport(uncounted.view, uncounted.workload, {}));
  WF_ASSERT_OK_AND_ASSIGN(const Report two, BuildReport(unpriced.view, unpriced.workload, {}));

  EXPECT_EQ(one.quality.judges.at(0).cost_usd, std::nullopt);
  EXPECT_EQ(two.quality.judges.at(0).cost_usd, std::nullopt);
}

TEST(ReportJudges, WarnsOfAJudgeOfTheCandidatesFamily) {
  JudgedSweep sweep;
  WF_ASSERT_OK_AND_ASSIGN(const Report same, BuildReport(sweep.view, sweep.workload, {}));
  sweep.view.pairs[1].judge->subject_name = "qwen-3/ollama/any/isolated";
  WF_ASSERT_OK_AND_ASSIGN(const Report other, BuildReport(sweep.view, sweep.workload, {}));

  EXPECT_THAT(same.quality.mismatches, ElementsAre(Field(&Mismatch::kind, "SAME_FAMILY")));
  EXPECT_THAT(other.quality.mismatches, IsEmpty());
}

TEST(ReportJudges, WarnsOfPairsThatDifferentJudgesJudgedAndCountsAPairForTheOneWhoJudgedIt) {
  JudgedSweep sweep;
  sweep.view.pairs.push_back(ExamplePair(3, "qwen-3", "ollama", "q4_k_m", "nvidia-h200"));
  for (Unit unit = 0; unit < 8; ++unit) {
    sweep.view.results[PairId{3}].push_back(ExampleResult(unit, VerdictValue::kCorrect));
  }
  for (const std::int64_t id : {4, 5}) {
    coordinator::PairSnapshot judge = sweep.view.pairs[1];
    judge.spec.id = PairId{id};
    judge.tokens = {};
    judge.judge->subject = PairId{3};
    judge.judge->subject_name = "qwen-3/ollama-q4_k_m/nvidia-h200/isolated";
    sweep.view.pairs.push_back(judge);
  }
  sweep.view.pairs[3].state = coordinator::PairState::kCancelled;
  sweep.view.pairs[3].reason = "handed over to judge wiser: judge quota exhausted";
  sweep.view.pairs[4].judge->grader = "judge-pairwise-agree@0123456789ab/wiser";

  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(sweep.view, sweep.workload, {}));

  ASSERT_THAT(report.quality.judges, SizeIs(3));
  EXPECT_TRUE(report.quality.judges[1].is_taken_over);
  EXPECT_EQ(report.quality.judges[1].judged + report.quality.judges[1].pending, 0);
  EXPECT_EQ(report.quality.judges[2].judged, 8);
  EXPECT_THAT(report.quality.mismatches, ElementsAre(Field(&Mismatch::kind, "MIXED_JUDGES"),
                                                     Field(&Mismatch::kind, "SAME_FAMILY")));
  EXPECT_THAT(report.quality.mismatches[0].text,
              ::testing::HasSubstr("wiser judged qwen-3/ollama-q4_k_m/nvidia-h200/isolated"));
}

TEST(ReportJudges, AFamilyIsTheLettersThatANameBeginsWith) {
  EXPECT_EQ(FamilyOf("Qwen/Qwen2.5-7B-Instruct"), "qwen");
  EXPECT_EQ(FamilyOf("llama-3.1-8b"), "llama");
  EXPECT_EQ(FamilyOf("gpt-4o"), "gpt");
  EXPECT_EQ(FamilyOf("4o"), "");
}

}  // namespace
}  // namespace wattfleet::testing
