#include "coordinator/report/build_report.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/domain/flags.h"
#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/analysis/energy_class.h"
#include "coordinator/analysis/proportion.h"
#include "coordinator/report/across_pairs.h"
#include "coordinator/report/names.h"
#include "coordinator/report/pair_reader.h"
#include "coordinator/report/read_ahead.h"
#include "coordinator/report/report_judges.h"
#include "coordinator/report/report_pair.h"
#include "coordinator/report/report_timings.h"
#include "coordinator/report/studies.h"
#include "coordinator/report/subject_weights.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;

// "2026" in any form: a source without a date is none.
bool NamesAYear(const std::string& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
    if ((text.compare(i, 2, "19") == 0 || text.compare(i, 2, "20") == 0) && is_digit(text[i + 2]) &&
        is_digit(text[i + 3])) {
      return true;
    }
  }
  return false;
}

absl::Status CheckPue(const ReportOptions& options) {
  constexpr double kPueMax = 10;
  if (options.energy_class != kFacilityClass) {
    return options.pue ? absl::InvalidArgumentError(
                             "a PUE is for class facility, which is derived from wall")
                       : absl::OkStatus();
  }
  if (!options.pue) {
    return absl::InvalidArgumentError(
        "class facility is derived, wall x PUE: give --pue RATIO and --pue-source TEXT");
  }
  if (!(options.pue->ratio >= 1 && options.pue->ratio <= kPueMax)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--pue %g: a PUE is between 1 and %g", options.pue->ratio, kPueMax));
  }
  return NamesAYear(options.pue->source)
             ? absl::OkStatus()
             : absl::InvalidArgumentError(
                   "--pue-source must say who and when, as in \"operator's "
                   "report, March 2026\"");
}

absl::Status CheckClass(const ReportOptions& options) {
  const std::string& name = options.energy_class;
  if (IsEnergyClass(name) || name == kFacilityClass) {
    return CheckPue(options);
  }
  std::vector<std::string> known = EnergyClasses();
  known.emplace_back(kFacilityClass);
  return absl::InvalidArgumentError(
      absl::StrFormat("energy class \"%s\" is not known; %s", name, NearestText(name, known)));
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
  report.pue = options.pue;
  report.settings = options.settings;
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

// Whose verdicts count: absent for those in force.
absl::StatusOr<std::optional<GraderVersion>> VerdictsAskedFor(const std::string& grader,
                                                              ReportedQuality& quality) {
  if (grader.empty()) {
    return std::nullopt;
  }
  WF_ASSIGN_OR_RETURN(const GraderVersion chosen, ChooseGrader(quality.graders, grader));
  quality.verdicts_by = absl::StrFormat("%s@%d", chosen.first, chosen.second);
  return chosen;
}

std::int64_t CountContended(const UnitColumns& columns) {
  return std::count_if(columns.flags.begin(), columns.flags.end(),
                       [](Flags flags) { return (flags & kFlagContended) != 0; });
}

absl::Status AddStudies(const std::vector<KeptPair>& kept, const ReportOptions& options,
                        Report& report) {
  RateDifficulty(kept, report);
  report.trend = ReportTrend(kept);
  return options.weights ? WeighSubjects(*options.weights, report) : absl::OkStatus();
}

// In a pass of its own, since it uses the view between the rows of a pair.
absl::Status AddTimings(SweepView& view, const PairReader& reader,
                        const std::vector<PairSnapshot>& snapshots, Report& report) {
  UnitColumns columns;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    WF_RETURN_IF_ERROR(reader.Read(snapshots[i], columns).status());
    WF_ASSIGN_OR_RETURN(report.pairs[i].timings,
                        ReportTimings(view, snapshots[i].spec.id, columns));
  }
  return absl::OkStatus();
}

void AddJudgeMismatches(ReportedQuality& quality) {
  for (const auto& mismatches : {FindMixedJudges(quality.judges), FindSameFamily(quality.judges)}) {
    quality.mismatches.insert(quality.mismatches.end(), mismatches.begin(), mismatches.end());
  }
}

}  // namespace

absl::StatusOr<Report> BuildReport(SweepView& view, const Workload& workload,
                                   const ReportOptions& asked) {
  ReportOptions options = asked;
  options.energy_class = ClassName(asked.energy_class);
  WF_RETURN_IF_ERROR(CheckClass(options));
  WF_ASSIGN_OR_RETURN(const SampleColumns sample, ReadSample(view, workload));
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> snapshots, AnswerPairs(view));
  WF_ASSIGN_OR_RETURN(const std::vector<ChannelRow> channels, view.Channels());
  WF_ASSIGN_OR_RETURN(const std::vector<LedgerRow> ledger, view.Ledger());
  Report report = HeaderOf(view, workload, sample, options);
  WF_ASSIGN_OR_RETURN(report.quality.graders, view.Graders());

  WF_ASSIGN_OR_RETURN(const std::optional<GraderVersion> grader,
                      VerdictsAskedFor(options.grader, report.quality));
  if (options.pue) {
    options.energy_class = "wall";  // what is measured of a facility
  }
  WF_ASSIGN_OR_RETURN(const auto refused, view.RefusedLedgers());
  const PairReader reader(view, {.n_queries = sample.queries(),
                                 .energy_class = options.energy_class,
                                 .scale = options.pue ? options.pue->ratio : 1,
                                 .channels = channels,
                                 .ledger = ledger,
                                 .refused = refused,
                                 .grader = grader});
  WF_ASSIGN_OR_RETURN(RoutingReport routing,
                      RoutingReport::Create(options.routing, snapshots,
                                            static_cast<std::size_t>(sample.queries())));
  report.pairs.reserve(snapshots.size());
  std::vector<KeptPair> kept;
  ReadAhead ahead(reader, snapshots);
  for (const PairSnapshot& snapshot : snapshots) {
    WF_ASSIGN_OR_RETURN(const PairRows rows, ahead.Next());
    const UnitColumns& columns = ahead.columns();
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
                    .median_input_tokens = MedianInputTokens(columns),
                    .mixed_methods = rows.mixed_methods,
                    .refused_leases = rows.refused_leases,
                    .drifts = rows.drifts,
                    .contended_results = CountContended(columns)});
    routing.Consider(snapshot, report.pairs.back(), columns, kept.back().outcomes);
  }
  WF_ASSIGN_OR_RETURN(report.unions, ReportUnions(kept, sample.options, options));
  report.comparisons = ReportComparisons(kept);
  report.routing = routing.Result();
  if (options.timings) {
    WF_RETURN_IF_ERROR(AddTimings(view, reader, snapshots, report));
  }
  WF_RETURN_IF_ERROR(AddStudies(kept, options, report));
  report.quality.mismatches =
      FindMismatches(kept, report.comparisons, sample.queries() == workload.facts().queries);
  WF_ASSIGN_OR_RETURN(report.quality.judges, ReportJudges(view, reader, ledger));
  AddJudgeMismatches(report.quality);
  return report;
}

}  // namespace wattfleet::coordinator
