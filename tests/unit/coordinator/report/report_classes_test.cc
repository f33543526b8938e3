// Which energies may stand in one figure, and which may not.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/report/build_report.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using coordinator::BuildReport;
using coordinator::EnergyVerdict;
using coordinator::Mismatch;
using coordinator::Pue;
using coordinator::Report;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kServer = 1;

auto IsNamed(const char* kind) {
  return Contains(Field(&Mismatch::kind, kind));
}

TEST(ReportClasses, TheOldNameOfPaperIsUnderstood) {
  ExampleSweep sweep;
  const Report report = sweep.Build({.energy_class = "accelerator"});
  EXPECT_EQ(report.energy_class, "paper");
  EXPECT_EQ(report.pairs[kServer].energy.energy_class, "paper");
  EXPECT_DOUBLE_EQ(report.pairs[kServer].energy.figures.means->joules_per_query, 400);
}

TEST(ReportClasses, AHostWithoutDramCanBeAskedForByName) {
  ExampleSweep sweep;
  const Report report = sweep.Build({.energy_class = "host-nodram"});
  EXPECT_DOUBLE_EQ(report.pairs[kServer].energy.figures.means->joules_per_query, 480);
  EXPECT_EQ(report.pairs[kServer].energy.energy_class, "host-nodram");
}

// Leases 7 and 8 of the server, whose GPU drew 70 W when idle before the first, 75 W before the
// second.
TEST(ReportClasses, IdlePowerThatDidNotLastIsNamedAndFlagged) {
  ExampleSweep sweep;
  for (auto& row : sweep.view.results[{2}]) {
    row.lease = {row.unit < 600 ? 7 : 8};
  }
  for (const std::int64_t lease : {7, 8}) {
    sweep.view.ledger.push_back(
        {.lease = {lease},
         .pair = {2},
         .channel_id = 2,
         .entry = {.baseline_uw = lease == 7 ? 70'000'000 : 75'000'000, .baseline_id = lease}});
  }
  const Report report = sweep.Build({.energy_class = "paper"});
  EXPECT_THAT(report.pairs[kServer].flags, Contains(::testing::Pair("IDLE_UNSTABLE", 600)));
  EXPECT_EQ(report.pairs[kServer].energy.figures.verdict, EnergyVerdict::kMeasured);
  ASSERT_THAT(report.quality.mismatches, IsNamed("BASELINE_DRIFT"));
  EXPECT_THAT(report.quality.mismatches,
              Contains(Field(&Mismatch::text, HasSubstr("nvml/0 from 70 W to 75 W"))));
}

// Served queries overlap with each other anyway: theirs are figures of a shared machine.
TEST(ReportClasses, WhereOthersWorkedIsolatedQueriesAreLeftOutAndServedOnesFlagged) {
  ExampleSweep sweep;
  for (auto& row : sweep.view.results[{2}]) {
    row.flags |= row.unit < 100 ? kFlagContended : 0;
  }
  const Report isolated = sweep.Build();
  EXPECT_EQ(isolated.pairs[kServer].energy.figures.excluded.invalid_energy, 100);
  EXPECT_THAT(isolated.pairs[kServer].flags, Contains(::testing::Pair("CONTENDED", 100)));
  EXPECT_THAT(isolated.quality.mismatches,
              Contains(Field(&Mismatch::text, HasSubstr("during 100 results; these count in no"))));

  sweep.view.pairs[1].spec.condition.concurrency = 4;
  const Report served = sweep.Build();
  EXPECT_EQ(served.pairs[kServer].energy.figures.excluded.invalid_energy, 0);
  EXPECT_EQ(served.pairs[kServer].energy.figures.excluded.timing, 0);
  EXPECT_THAT(served.pairs[kServer].flags, Contains(::testing::Pair("CONTENDED", 100)));
  EXPECT_THAT(served.quality.mismatches,
              Contains(Field(&Mismatch::text, HasSubstr("figures are of a shared machine"))));
}

TEST(ReportClasses, AFacilitysEnergyIsDerivedFromTheWallAndSaysSo) {
  ExampleSweep sweep;
  sweep.view.channels[1].facts.scope = Scope::kWall;  // the GPU's, of 400 J
  const Report report = sweep.Build(
      {.energy_class = "facility", .pue = Pue{.ratio = 1.25, .source = "operator, 2026"}});
  const auto& energy = report.pairs[kServer].energy;
  ASSERT_EQ(energy.figures.verdict, EnergyVerdict::kMeasured) << energy.reason;
  EXPECT_EQ(energy.energy_class, "facility");
  EXPECT_EQ(energy.derived, "wall x PUE 1.25 (operator, 2026)");
  EXPECT_DOUBLE_EQ(energy.figures.means->joules_per_query, 500);
  EXPECT_DOUBLE_EQ(*energy.figures.means->power_watts, 500);
}

TEST(ReportClasses, APueWithoutANamedAndDatedSourceIsRefused) {
  ExampleSweep sweep;
  const auto status = [&](const coordinator::ReportOptions& options) {
    return BuildReport(sweep.view, sweep.workload, options).status();
  };
  const auto is_refused = [](const char* why) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why));
  };
  EXPECT_THAT(status({.energy_class = "facility"}), is_refused("--pue"));
  EXPECT_THAT(status({.energy_class = "facility", .pue = Pue{1.2, "somebody"}}),
              is_refused("--pue-source"));
  EXPECT_THAT(status({.energy_class = "facility", .pue = Pue{0.9, "2026"}}), is_refused("0.9"));
  EXPECT_THAT(status({.energy_class = "wall", .pue = Pue{1.2, "2026"}}), is_refused("facility"));
}

TEST(ReportClasses, OneScopeMeasuredInTwoWaysIsNotPooled) {
  ExampleSweep sweep;
  auto gpu = sweep.view.channels[1];
  gpu.channel_id = 9;
  gpu.agent = {9};
  gpu.facts.facts_json = R"({"kind":"power_average","method":"alloc-v1"})";
  for (const std::size_t of_server : {1U, 2U, 3U}) {
    auto channel = sweep.view.channels[of_server];
    channel.channel_id += 100;
    channel.agent = {9};
    if (of_server == 1) {
      channel.facts = gpu.facts;
    }
    sweep.view.channels.push_back(channel);
  }
  auto environment = sweep.view.environments[{2}][0];
  environment.environment_id = 9;
  environment.agent = {9};
  sweep.view.environments[{2}].push_back(environment);

  const Report report = sweep.Build();
  const auto& energy = report.pairs[kServer].energy;
  EXPECT_FALSE(energy.figures.means.has_value());
  EXPECT_THAT(energy.reason, HasSubstr("never pooled"));
  EXPECT_THAT(report.quality.mismatches, IsNamed("MIXED_METHODS"));
}

TEST(ReportClasses, TwoClassesOfOneModelAreNamedAndNotCompared) {
  ExampleSweep sweep;
  EXPECT_THAT(sweep.Build().quality.mismatches, Not(IsNamed("MIXED_CLASSES")));
  sweep.view.channels.erase(sweep.view.channels.begin() + 3);  // the server's DRAM
  auto& energy = sweep.view.energy[{2}];
  std::erase_if(energy, [](const auto& row) { return row.channel_id == 4; });

  const Report report = sweep.Build();
  EXPECT_EQ(report.pairs[kServer].energy.energy_class, "host-nodram");
  EXPECT_THAT(report.quality.mismatches, IsNamed("MIXED_CLASSES"));
  ASSERT_FALSE(report.comparisons.empty());
  EXPECT_FALSE(report.comparisons[0].ipw_ratio.has_value());
}

TEST(ReportClasses, EnergyOfALeaseWhoseLedgerWasRefusedCountsNowhere) {
  ExampleSweep sweep;
  for (auto& row : sweep.view.results[{2}]) {
    row.lease = {row.unit < 20 ? 7 : 8};
  }
  sweep.view.refused[{7}] = "channel nvml/0 does not balance";

  const Report report = sweep.Build();
  const auto& figures = report.pairs[kServer].energy.figures;
  EXPECT_EQ(figures.excluded.invalid_energy, 20);
  EXPECT_DOUBLE_EQ(*figures.measured_fraction, 0.98);
  EXPECT_THAT(report.quality.mismatches, IsNamed("LEDGER_IMBALANCE"));
}

TEST(ReportGraders, CountsTheVerdictsOfTheGraderAskedForAndOfNoOther) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(4, view, workload);
  view.pairs = {ExamplePair(1, "llama", "ollama", "q4_k_m", "nvidia-h200")};
  view.results[{1}] = {ExampleResult(0, VerdictValue::kCorrect),
                       ExampleResult(1, VerdictValue::kCorrect),
                       ExampleResult(2, VerdictValue::kWrong), ExampleResult(3, std::nullopt)};
  view.results[{1}][3].status = ResultStatus::kTimeout;
  view.graders = {{"mcq", 2}, {"exact", 1}, {"exact", 2}};
  view.verdicts[{PairId{1}, "exact", 2}] = {{.unit = 0, .value = VerdictValue::kWrong},
                                            {.unit = 2, .value = VerdictValue::kCorrect}};
  view.verdicts[{PairId{1}, "exact", 1}] = {{.unit = 0, .value = VerdictValue::kNoAnswer}};

  WF_ASSERT_OK_AND_ASSIGN(const Report newest, BuildReport(view, workload, {.grader = "exact"}));
  WF_ASSERT_OK_AND_ASSIGN(const Report older, BuildReport(view, workload, {.grader = "exact@1"}));

  EXPECT_EQ(newest.quality.verdicts_by, "exact@2");
  EXPECT_EQ(newest.pairs[0].outcomes.correct(), 1);
  EXPECT_EQ(newest.pairs[0].outcomes.wrong(), 1);
  EXPECT_EQ(newest.pairs[0].outcomes.pending(), 1);    // by mcq alone
  EXPECT_EQ(newest.pairs[0].outcomes.no_answer(), 1);  // over time, whoever grades
  EXPECT_EQ(older.quality.verdicts_by, "exact@1");
  EXPECT_EQ(older.pairs[0].outcomes.correct(), 0);
  EXPECT_EQ(older.pairs[0].outcomes.pending(), 2);
  EXPECT_THAT(
      BuildReport(view, workload, {.grader = "maths"}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("no verdicts of grader \"maths\" here; there are mcq@2, exact@1")));
}

}  // namespace
}  // namespace wattfleet::testing
