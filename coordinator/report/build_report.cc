#include "coordinator/report/build_report.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/analysis/energy_class.h"
#include "coordinator/analysis/proportion.h"
#include "coordinator/report/across_pairs.h"
#include "coordinator/report/names.h"
#include "coordinator/report/pair_reader.h"
#include "coordinator/report/report_pair.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;

absl::Status CheckClass(const std::string& energy_class) {
  if (IsEnergyClass(energy_class)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat("energy class \"%s\" is not known; %s",
                                                    energy_class,
                                                    NearestText(energy_class, EnergyClasses())));
}

std::vector<std::string> DatasetsOf(const SampleColumns& sample, const Workload& workload) {
  const std::set<std::int32_t> present(sample.dataset.begin(), sample.dataset.end());
  std::vector<std::string> names;
  for (const std::int32_t dataset : present) {
    names.push_back(workload.datasets()[static_cast<std::size_t>(dataset)]);
  }
  return names;
}

Report HeaderOf(SweepView& view, const Workload& workload, const SampleColumns& sample,
                const ReportOptions& options) {
  const SweepRecord& sweep = view.sweep();
  Report report;
  report.sweep_name = sweep.name;
  report.sweep_id = absl::StrCat(sweep.id.value);
  report.state = SweepStateName(sweep.state);
  report.reason = sweep.reason;
  report.provisional =
      sweep.state != SweepState::kComplete && sweep.state != SweepState::kCompleteWithGaps;
  report.workload_name = sweep.workload_name;
  report.workload_id = sweep.workload_id;
  report.queries = sample.queries();
  report.datasets = DatasetsOf(sample, workload);
  report.energy_class = options.energy_class;
  report.quality.bootstrap_seed = kBootstrapSeed;
  report.quality.version = WF_VERSION;
  return report;
}

void AddLedger(const std::vector<LedgerRow>& rows, std::optional<ReportedLedger>& ledger) {
  for (const LedgerRow& row : rows) {
    if (!ledger) {
      ledger.emplace();
    }
    ledger->total += static_cast<double>(row.entry.total) * kJoulesPerMicrojoule;
    ledger->attributed += static_cast<double>(row.entry.attributed) * kJoulesPerMicrojoule;
    ledger->idle += static_cast<double>(row.entry.idle) * kJoulesPerMicrojoule;
    ledger->uncounted += static_cast<double>(row.entry.uncounted) * kJoulesPerMicrojoule;
    ledger->unassigned += static_cast<double>(row.entry.unassigned) * kJoulesPerMicrojoule;
  }
}

void AddExclusions(const EnergyExclusions& of_pair, EnergyExclusions& sum) {
  sum.unmeasured += of_pair.unmeasured;
  sum.partial_energy += of_pair.partial_energy;
  sum.invalid_energy += of_pair.invalid_energy;
  sum.warm_up += of_pair.warm_up;
  sum.ramp += of_pair.ramp;
  sum.timing += of_pair.timing;
}

}  // namespace

absl::StatusOr<Report> BuildReport(SweepView& view, const Workload& workload,
                                   const ReportOptions& options) {
  WF_RETURN_IF_ERROR(CheckClass(options.energy_class));
  WF_ASSIGN_OR_RETURN(const SampleColumns sample, ReadSample(view, workload));
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> snapshots, view.Pairs());
  WF_ASSIGN_OR_RETURN(const std::vector<ChannelRow> channels, view.Channels());
  WF_ASSIGN_OR_RETURN(const std::vector<LedgerRow> ledger, view.Ledger());
  Report report = HeaderOf(view, workload, sample, options);
  WF_ASSIGN_OR_RETURN(report.quality.graders, view.Graders());

  const PairReader reader(view, sample.queries(), options.energy_class, channels);
  UnitColumns columns;
  report.pairs.reserve(snapshots.size());
  std::vector<KeptPair> kept;
  for (const PairSnapshot& snapshot : snapshots) {
    WF_ASSIGN_OR_RETURN(const PairRows rows, reader.Read(snapshot, columns));
    const PairSources sources{.pair = snapshot,
                              .columns = columns,
                              .rows = rows,
                              .sample = sample,
                              .workload = workload,
                              .channels = channels,
                              .ledger = ledger,
                              .options = options};
    report.pairs.push_back(ReportPair(sources));
    AddLedger(ClassLedger(sources), report.quality.ledger);
    if (rows.choice.row) {
      AddExclusions(report.pairs.back().energy.figures.excluded, report.quality.exclusions);
    }
    kept.push_back({.snapshot = &snapshot,
                    .report = &report.pairs.back(),
                    .outcomes = OutcomesOf(columns),
                    .median_input_tokens = MedianInputTokens(columns)});
  }
  WF_ASSIGN_OR_RETURN(report.unions, ReportUnions(kept, sample.options, options));
  report.comparisons = ReportComparisons(kept);
  report.quality.mismatches =
      FindMismatches(kept, report.comparisons, sample.queries() == workload.facts().queries);
  return report;
}

}  // namespace wattfleet::coordinator
