#include "coordinator/report/build_report.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/proportion.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using coordinator::BuildReport;
using coordinator::EnergyVerdict;
using coordinator::Report;
using coordinator::ReportedPair;
using coordinator::ReportOptions;
using coordinator::Wilson;

TEST(BuildReport, CountsQueriesAndOutcomesOfEachPair) {
  const Report report = ExampleSweep().Build();
  const ReportedPair& mac = report.pairs[0];
  EXPECT_EQ(mac.id, "llama-3.1-8b-instruct/ollama-q4_k_m/apple-m4-max-40c-128gb/isolated");
  EXPECT_EQ(mac.progress.completed, 998);
  EXPECT_EQ(mac.progress.failed, 1);
  EXPECT_EQ(mac.progress.quarantined, 1);
  EXPECT_EQ(mac.progress.open, 0);
  EXPECT_EQ(mac.outcomes.correct(), 440);
  EXPECT_EQ(mac.outcomes.no_answer(), 28);  // 30, of which 998 failed and 999 is quarantined
  EXPECT_EQ(mac.outcomes.wrong(), 530);
  EXPECT_EQ(mac.outcomes.pending(), 2);
  EXPECT_EQ(mac.outcomes.Accuracy(), Wilson(440, 998));
  EXPECT_EQ(mac.outcomes.Coverage(), Wilson(440, 1000));
  EXPECT_THAT(mac.flags,
              ElementsAre(Pair("TRUNCATED", 4), Pair("WARMUP", 10), Pair("COUNTER_RESET", 2)));
  EXPECT_EQ(mac.subjects[0].name, "math");
  EXPECT_EQ(mac.subjects[0].outcomes.queries(), 400);
  EXPECT_EQ(mac.subjects[0].outcomes.correct(), 176);
}

TEST(BuildReport, MeasuredFiguresAreOfTheResultsOutsideWarmUpWithValidEnergy) {
  const Report report = ExampleSweep().Build();
  const auto& energy = report.pairs[0].energy;
  ASSERT_EQ(energy.figures.verdict, EnergyVerdict::kMeasured) << energy.reason;
  EXPECT_EQ(energy.energy_class, "host");
  // 986 results: 493 even of 40 W and 80 J, 493 odd of 50 W and 200 J; 12 of the correct are out.
  EXPECT_DOUBLE_EQ(*energy.figures.means->power_watts, 45);
  EXPECT_DOUBLE_EQ(energy.figures.means->joules_per_query, 140);
  EXPECT_DOUBLE_EQ(*energy.figures.ipw, (428.0 / 986) / 45);
  EXPECT_DOUBLE_EQ(*energy.figures.joules_per_correct, 140 / (428.0 / 986));
  EXPECT_DOUBLE_EQ(*energy.figures.measured_fraction, 996.0 / 998);
  EXPECT_DOUBLE_EQ(*energy.baseline_watts, 9.1);
  EXPECT_DOUBLE_EQ(*energy.systematic_relative, 0.15);
  EXPECT_EQ(report.quality.exclusions.warm_up, 10);
  EXPECT_EQ(report.quality.exclusions.invalid_energy, 2);
  EXPECT_DOUBLE_EQ(report.quality.ledger->total, 141'000);
  EXPECT_DOUBLE_EQ(report.quality.ledger->unassigned, 200);
}

TEST(BuildReport, AClassIsTheSumOfItsChannels) {
  ExampleSweep sweep;
  const auto joules = [&](const char* energy_class) {
    const Report report = sweep.Build({.energy_class = energy_class});
    const auto& means = report.pairs[1].energy.figures.means;
    return means ? means->joules_per_query : -1;
  };
  EXPECT_DOUBLE_EQ(joules("host"), 500);
  EXPECT_DOUBLE_EQ(joules("accelerator"), 400);
  EXPECT_DOUBLE_EQ(joules("wall"), -1);
}

TEST(BuildReport, ModelledEnergyIsNamedAndRankedNowhere) {
  const Report report = ExampleSweep().Build();
  const auto& energy = report.pairs[2].energy;
  EXPECT_EQ(energy.figures.verdict, EnergyVerdict::kModelled);
  EXPECT_FALSE(energy.figures.means || energy.figures.ipw || energy.figures.joules_per_correct);
  EXPECT_EQ(energy.reason, "no power sensor");
  ASSERT_TRUE(energy.modelled.has_value());
  EXPECT_EQ(energy.modelled->model, "busy cores x watts");
  EXPECT_DOUBLE_EQ(energy.modelled->means.joules_per_query, 6);
}

TEST(BuildReport, RecordedAnswersHaveNoMeasuredEnergyWhateverASensorSaid) {
  ExampleSweep sweep;
  sweep.view.pairs[1].spec.build.engine = "replay";
  for (auto& row : sweep.view.results[{2}]) {
    row.flags |= kFlagReplayed;
  }
  const Report report = sweep.Build();
  EXPECT_EQ(report.pairs[1].energy.figures.verdict, EnergyVerdict::kUnmeasurable);
  EXPECT_EQ(report.pairs[1].energy.reason, "recorded answers: no model ran here");
}

TEST(BuildReport, AnyAcceleratorTakesItsKindFromTheAgentsFacts) {
  ExampleSweep sweep;
  sweep.view.pairs[1].spec.accelerator = "any";
  sweep.view.channels.erase(sweep.view.channels.begin() + 1);  // the GPU's
  EXPECT_EQ(sweep.Build().pairs[1].energy.figures.verdict, EnergyVerdict::kUnmeasurable);
  EXPECT_THAT(
      sweep.Build().pairs[1].energy.reason,
      HasSubstr("needs accelerator + cpu-package + dram, its agents measure cpu-package + dram"));
  sweep.view.environments[{2}][0].environment.facts_json = R"({"accelerator":"cpu-xeon"})";
  EXPECT_EQ(sweep.Build().pairs[1].energy.figures.verdict, EnergyVerdict::kMeasured);
}

TEST(BuildReport, SaysWhyTooLittleWasMeasured) {
  ExampleSweep sweep;
  auto& energy = sweep.view.energy[{1}];
  energy.erase(energy.begin(), energy.begin() + 100);
  const coordinator::ReportedEnergy reported = sweep.Build().pairs[0].energy;
  EXPECT_EQ(reported.figures.verdict, EnergyVerdict::kInsufficient);
  EXPECT_EQ(reported.reason,
            "90.0 % of decided results measured, 95 % needed: 100 without, 0 partial, 0 invalid");
}

TEST(BuildReport, CachedInputUnderCacheOffIsNotRanked) {
  ExampleSweep sweep;
  for (auto& row : sweep.view.results[{1}]) {
    row.cached_tokens = 20;
  }
  EXPECT_FALSE(sweep.Build().pairs[0].energy.figures.ipw.has_value());
  EXPECT_THAT(sweep.Build().pairs[0].energy.reason, HasSubstr("10.0 % of the input"));
  EXPECT_TRUE(sweep.Build({.cache_off = false}).pairs[0].energy.figures.ipw.has_value());
}

TEST(BuildReport, UnionsTakeTheMostCompletePairOfEachModel) {
  const Report report = ExampleSweep().Build();
  ASSERT_EQ(report.unions.size(), 3U);
  EXPECT_EQ(report.unions[0].name, "best-of-local");
  EXPECT_THAT(report.unions[0].result.members, ElementsAre("llama-3.1-8b-instruct", "qwen-0.5b"));
  EXPECT_EQ(report.unions[0].result.queries, 998);
  EXPECT_EQ(report.unions[0].result.coverage, Wilson(440 + 98, 998));
  EXPECT_EQ(report.unions[1].name, "best-of-cloud");
  EXPECT_EQ(report.unions[1].result.coverage, Wilson(460, 1000));
  // Of all, llama's more complete pair is the server's.
  EXPECT_EQ(report.unions[2].name, "best-of-all");
  EXPECT_EQ(report.unions[2].result.coverage, Wilson(560, 1000));
  EXPECT_DOUBLE_EQ(*report.unions[2].result.chance_floor, 1 - 0.75 * 0.75);
  EXPECT_DOUBLE_EQ(*report.unions[2].result.solved_by_at_least_2, 0);
}

TEST(BuildReport, ANamedUnionMustNameModelsOfTheSweep) {
  ExampleSweep sweep;
  const Report report = sweep.Build({.unions = {{.name = "mine", .models = {"qwen-0.5b"}}}});
  EXPECT_EQ(report.unions.back().name, "mine");
  EXPECT_EQ(report.unions.back().result.coverage, Wilson(100, 1000));
  EXPECT_THAT(
      BuildReport(sweep.view, sweep.workload, {.unions = {{.name = "mine", .models = {"gpt"}}}}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("union mine: the sweep has no model \"gpt\"; one of")));
}

TEST(BuildReport, ComparesOneModelAcrossPairsCloudOverLocal) {
  const Report report = ExampleSweep().Build();
  ASSERT_EQ(report.comparisons.size(), 1U);
  const auto& comparison = report.comparisons[0];
  EXPECT_EQ(comparison.numerator, report.pairs[1].id);
  EXPECT_EQ(comparison.denominator, report.pairs[0].id);
  EXPECT_EQ(comparison.match, coordinator::WeightsMatch::kSameBaseModel);
  EXPECT_NEAR(comparison.accuracy_difference->value, 20.0 / 998, 1e-12);
  EXPECT_NEAR(*comparison.p_mcnemar, 2.0 / (1 << 20), 1e-12);
  // Over the queries that both have energy of, but for parts of two: 448 and 428 of 986 correct.
  EXPECT_NEAR(comparison.ipw_ratio->value, (448.0 / 986 / 500) / (428.0 / 986 / 45), 2e-4);
  EXPECT_LT(*comparison.ipw_ratio->low, comparison.ipw_ratio->value);
  EXPECT_GT(*comparison.ipw_ratio->high, comparison.ipw_ratio->value);
  EXPECT_EQ(comparison.queries, 998);
}

TEST(BuildReport, ConditionsThatDifferAreNotCompared) {
  ExampleSweep sweep;
  sweep.view.pairs[1].spec.condition.concurrency = 16;
  EXPECT_THAT(sweep.Build().comparisons, IsEmpty());
}

TEST(BuildReport, ServedPowerIsPerInstanceAndItsShareStandsBeside) {
  ExampleSweep sweep;
  sweep.view.pairs[1].spec.condition.concurrency = 2;
  // Two instances, each with one request after another: 500 J in 1 s. The share is the same.
  auto& environments = sweep.view.environments[{2}];
  environments.push_back(environments[0]);
  environments[1].environment_id = 7;
  environments[1].instance = "gpu1";
  for (auto& row : sweep.view.results[{2}]) {
    row.environment_id = row.unit % 2 == 0 ? 2 : 7;
    row.sent_unix_ms = 1000 * (row.unit / 2);
  }
  const auto means = sweep.Build().pairs[1].energy.figures.means;
  ASSERT_TRUE(means.has_value());
  EXPECT_NEAR(*means->power_watts, 500, 1e-6);
  EXPECT_DOUBLE_EQ(*means->power_share_watts, 500);
}

TEST(BuildReport, BaselineAndSensorErrorAreAbsentUnlessEveryChannelHasThem) {
  ExampleSweep sweep;
  for (const std::int64_t channel : {2, 3, 4}) {
    sweep.view.ledger.push_back(
        {.lease = {2},
         .pair = {2},
         .channel_id = channel,
         .entry = {
             .total = 10'000'000, .attributed = 10'000'000, .baseline_uw = 1'000'000 * channel}});
  }
  sweep.view.channels[1].facts.facts_json = R"({"systematic_relative":0.05})";
  sweep.view.channels[2].facts.facts_json = R"({"systematic_relative":0.05})";
  coordinator::ReportedEnergy energy = sweep.Build().pairs[1].energy;
  EXPECT_DOUBLE_EQ(*energy.baseline_watts, 2 + 3 + 4);
  EXPECT_EQ(energy.systematic_relative, std::nullopt);
  // The Mac's ledger is another pair's.
  EXPECT_DOUBLE_EQ(*sweep.Build().pairs[0].energy.baseline_watts, 9.1);

  sweep.view.channels[3].facts.facts_json = R"({"systematic_relative":0.20})";
  sweep.view.ledger.back().entry.baseline_uw.reset();
  energy = sweep.Build().pairs[1].energy;
  EXPECT_EQ(energy.baseline_watts, std::nullopt);
  EXPECT_DOUBLE_EQ(*energy.systematic_relative, 0.10);
}

TEST(BuildReport, ASensorOfAnotherDeviceOfTheAgentTakesNoPartInAPairsClass) {
  ExampleSweep sweep;
  // Preferred to the pair's own source by name, and of its scope, but of another device.
  coordinator::ChannelRow other = sweep.view.channels[0];
  other.channel_id = 99;
  other.facts.name = "a/soc";
  other.facts.source = "a";
  sweep.view.channels.push_back(other);

  const coordinator::Report report = sweep.Build();

  EXPECT_EQ(report.pairs[0].energy.figures.verdict, coordinator::EnergyVerdict::kMeasured);
  EXPECT_DOUBLE_EQ(*report.pairs[0].energy.baseline_watts, 9.1);
}

TEST(BuildReport, ALedgerOfAnotherPairOnTheSameChannelIsNotItsOwn) {
  ExampleSweep sweep;
  sweep.view.ledger.push_back(sweep.view.ledger[0]);
  sweep.view.ledger.back().pair = {77};
  EXPECT_DOUBLE_EQ(sweep.Build().quality.ledger->total, 141'000);
}

TEST(BuildReport, IsProvisionalUntilTheSweepIsComplete) {
  using coordinator::SweepState;
  ExampleSweep sweep;
  const auto is_provisional = [&](SweepState state) {
    sweep.view.record.state = state;
    return sweep.Build().provisional;
  };
  EXPECT_FALSE(is_provisional(SweepState::kComplete));
  EXPECT_FALSE(is_provisional(SweepState::kCompleteWithGaps));
  for (const SweepState state : {SweepState::kPending, SweepState::kRunning, SweepState::kPaused,
                                 SweepState::kBlocked, SweepState::kCancelled}) {
    EXPECT_TRUE(is_provisional(state));
  }
}

TEST(BuildReport, ClassesThatDifferAreNotDivided) {
  ExampleSweep sweep;
  sweep.view.channels.erase(sweep.view.channels.begin() + 3);  // the server's DRAM
  const Report report = sweep.Build();
  EXPECT_EQ(report.pairs[1].energy.energy_class, "host-nodram");
  EXPECT_FALSE(report.comparisons[0].ipw_ratio.has_value());
  EXPECT_TRUE(report.comparisons[0].accuracy_difference.has_value());
}

TEST(BuildReport, OneBuildWithTwoAccuraciesIsAMismatch) {
  ExampleSweep sweep;
  auto& server = sweep.view.pairs[1].spec;
  EXPECT_THAT(sweep.Build().quality.mismatches, IsEmpty());
  server.build = sweep.view.pairs[0].spec.build;
  const Report report = sweep.Build();
  ASSERT_EQ(report.quality.mismatches.size(), 1U);
  EXPECT_EQ(report.quality.mismatches[0].kind, "ACCURACY_DISAGREES");
  EXPECT_THAT(report.quality.mismatches[0].pairs,
              ElementsAre(report.pairs[1].id, report.pairs[0].id));
  sweep.view.pairs[1].seal = Seal{.model_digest = "sha256:other"};
  EXPECT_THAT(sweep.Build().quality.mismatches, IsEmpty());
}

TEST(BuildReport, OneModelWithTwoPromptLengthsIsAMismatch) {
  ExampleSweep sweep;
  for (auto& row : sweep.view.results[{2}]) {
    row.input_tokens = 204;
  }
  EXPECT_THAT(sweep.Build().quality.mismatches, IsEmpty());
  for (auto& row : sweep.view.results[{2}]) {
    row.input_tokens = 205;
  }
  const Report report = sweep.Build();
  ASSERT_EQ(report.quality.mismatches.size(), 1U);
  EXPECT_EQ(report.quality.mismatches[0].kind, "PROMPT_MISMATCH");
  EXPECT_THAT(report.quality.mismatches[0].text, HasSubstr("205 input tokens"));
}

TEST(BuildReport, OnePairFromTwoEngineVersionsIsAMismatch) {
  ExampleSweep sweep;
  auto& environments = sweep.view.environments[{1}];
  environments.push_back(environments[0]);
  environments[1].environment.facts_json = R"({"engine_version":"0.12.4"})";
  const Report report = sweep.Build();
  ASSERT_EQ(report.quality.mismatches.size(), 1U);
  EXPECT_EQ(report.quality.mismatches[0].kind, "MIXED_VERSIONS");
}

TEST(BuildReport, TellsOfRecordedAnswersThatTheWorkloadLacks) {
  ExampleSweep sweep;
  sweep.view.environments[{1}][0].environment.facts_json = R"({"recorded_answers":1200})";
  const Report report = sweep.Build();
  ASSERT_EQ(report.quality.mismatches.size(), 1U);
  EXPECT_EQ(report.quality.mismatches[0].kind, "RECORDING_UNUSED");
  EXPECT_EQ(report.quality.mismatches[0].text,
            "llama-3.1-8b-instruct/ollama-q4_k_m/apple-m4-max-40c-128gb/isolated: 201 of the "
            "recording's 1200 answers have ids that the workload lacks");
}

TEST(BuildReport, MainsAndBatteryAreNeverOneFigure) {
  ExampleSweep sweep;
  auto& environments = sweep.view.environments[{1}];
  environments.push_back(environments[0]);
  environments[0].environment.facts_json =
      R"({"engine_version":"0.12.3","host":{"power_supply":"mains","power_mode":"balanced"}})";
  environments[1].environment.facts_json =
      R"({"engine_version":"0.12.3","host":{"power_supply":"battery","power_mode":"balanced"}})";
  const Report report = sweep.Build();

  ASSERT_EQ(report.quality.mismatches.size(), 1U);
  EXPECT_EQ(report.quality.mismatches[0].kind, "MIXED_POWER");
  EXPECT_THAT(report.quality.mismatches[0].text, HasSubstr("results on mains, mode balanced"));
  EXPECT_THAT(report.quality.mismatches[0].text, HasSubstr("results on battery, mode balanced"));
  const coordinator::ReportedEnergy& energy = report.pairs[0].energy;
  EXPECT_EQ(energy.figures.verdict, coordinator::EnergyVerdict::kInsufficient);
  EXPECT_THAT(energy.reason, HasSubstr("results on battery"));
  EXPECT_EQ(energy.figures.means, std::nullopt);
  EXPECT_EQ(energy.figures.ipw, std::nullopt);
  EXPECT_EQ(energy.figures.ipj, std::nullopt);
}

TEST(BuildReport, AChangeToBatteryWithinOneEnvironmentIsSeenByItsFlags) {
  ExampleSweep sweep;
  ASSERT_THAT(sweep.Build().quality.mismatches, IsEmpty());
  for (auto& row : sweep.view.energy[{1}]) {
    row.flags |= row.unit < 10 ? 0 : kFlagOnBattery;
  }
  const Report report = sweep.Build();

  ASSERT_EQ(report.quality.mismatches.size(), 1U);
  EXPECT_EQ(report.quality.mismatches[0].kind, "MIXED_POWER");
  EXPECT_THAT(report.quality.mismatches[0].text, HasSubstr("10 results on mains"));
  for (auto& row : sweep.view.energy[{1}]) {
    row.flags |= kFlagOnBattery;
  }
  EXPECT_THAT(sweep.Build().quality.mismatches, IsEmpty());
}

TEST(BuildReport, ASensorsErrorIsReadWhereAnAgentWritesIt) {
  ExampleSweep sweep;
  sweep.view.channels[0].facts.facts_json =
      R"({"kind":"counter","source":{"systematic_relative":0.0866}})";

  EXPECT_DOUBLE_EQ(*sweep.Build().pairs[0].energy.systematic_relative, 0.0866);
}

TEST(BuildReport, GapsHaveReasons) {
  ExampleSweep sweep;
  sweep.view.results[{3}].resize(990);
  sweep.view.pairs[2].state = coordinator::PairState::kPaused;
  const Report report = sweep.Build();
  const auto& failed = report.pairs[0].gaps;
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].kind + " " + failed[0].reason, "failed NO_RECORDING");
  EXPECT_EQ(failed[1].kind + " " + failed[1].reason, "quarantined 3 crashes");
  ASSERT_EQ(report.pairs[2].gaps.size(), 1U);
  EXPECT_EQ(report.pairs[2].gaps[0].kind, "open");
  EXPECT_EQ(report.pairs[2].gaps[0].reason, "paused");
  EXPECT_EQ(report.pairs[2].gaps[0].results, 10);
}

TEST(BuildReport, AnEmptySweepHasAReport) {
  FakeSweepView view;
  const FakeWorkload workload;
  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(view, workload, {}));
  EXPECT_EQ(report.state, "pending");
  EXPECT_TRUE(report.provisional);
  EXPECT_EQ(report.queries, 0);
  EXPECT_THAT(report.pairs, IsEmpty());
  EXPECT_THAT(report.unions, IsEmpty());
}

TEST(BuildReport, APairWithoutResultsHasNoFigures) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(4, view, workload);
  view.record.state = coordinator::SweepState::kRunning;
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(view, workload, {}));
  EXPECT_TRUE(report.provisional);
  const ReportedPair& pair = report.pairs[0];
  EXPECT_EQ(pair.progress.open, 4);
  EXPECT_FALSE(pair.outcomes.Accuracy().has_value());
  EXPECT_EQ(pair.outcomes.CoverageIfPendingRight(), 1.0);
  EXPECT_EQ(pair.energy.figures.verdict, EnergyVerdict::kUnmeasurable);
  EXPECT_EQ(pair.energy.reason, "nothing decided yet");
  EXPECT_THAT(report.unions[0].result.left_out, ElementsAre("m"));
}

TEST(BuildReport, TimeOutsAndRefusalsAreNoAnswerWithoutAVerdict) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(3, view, workload);
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  view.results[{1}] = {ExampleResult(0, std::nullopt), ExampleResult(1, std::nullopt),
                       ExampleResult(2, std::nullopt)};
  view.results[{1}][0].status = ResultStatus::kTimeout;
  view.results[{1}][1].failure = Failure::kRefused;
  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(view, workload, {}));
  EXPECT_EQ(report.pairs[0].outcomes.no_answer(), 2);
  EXPECT_EQ(report.pairs[0].outcomes.pending(), 1);
}

TEST(BuildReport, PositionsAreLookedUpInTheSample) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(4, view, workload);
  workload.keys[3].subject = 1;
  view.sample = {3, 0};
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  view.results[{1}] = {ExampleResult(0, VerdictValue::kCorrect),
                       ExampleResult(1, VerdictValue::kWrong)};
  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(view, workload, {}));
  EXPECT_EQ(report.queries, 2);
  EXPECT_EQ(report.pairs[0].subjects[1].name, "physics");
  EXPECT_EQ(report.pairs[0].subjects[1].outcomes.correct(), 1);
}

TEST(BuildReport, MacroIsTheMeanOverDataSets) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(4, view, workload);
  workload.dataset_names = {"a", "b"};
  workload.keys[3].dataset = 1;
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  for (Unit unit = 0; unit < 4; ++unit) {
    view.results[{1}].push_back(
        ExampleResult(unit, unit == 3 ? VerdictValue::kCorrect : VerdictValue::kWrong));
  }
  WF_ASSERT_OK_AND_ASSIGN(const Report report, BuildReport(view, workload, {}));
  EXPECT_THAT(report.datasets, ElementsAre("a", "b"));
  EXPECT_DOUBLE_EQ(*report.pairs[0].macro_accuracy, 0.5);
  EXPECT_DOUBLE_EQ(report.pairs[0].outcomes.Accuracy()->value, 0.25);
}

TEST(BuildReport, RowsThatCannotBeOfTheSweepAreDataLoss) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(2, view, workload);
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  view.results[{1}] = {ExampleResult(2, VerdictValue::kCorrect)};
  EXPECT_THAT(BuildReport(view, workload, {}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("2 units but a row of unit 2")));
  view.sample = {7};
  EXPECT_THAT(BuildReport(view, workload, {}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("samples query 7")));
}

TEST(BuildReport, AnUnknownEnergyClassIsRefusedWithTheKnownOnes) {
  ExampleSweep sweep;
  EXPECT_THAT(BuildReport(sweep.view, sweep.workload, {.energy_class = "hots"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "energy class \"hots\" is not known; nearest is \"host\""));
}

}  // namespace
}  // namespace wattfleet::testing
