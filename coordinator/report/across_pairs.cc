#include "coordinator/report/across_pairs.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/report/names.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kInputTokensApart = 0.02;

// One pair per model, the most complete: models in order of their first pair.
template <typename IsWanted>
std::vector<UnionCandidate> Candidates(std::span<const KeptPair> pairs, const IsWanted& is_wanted) {
  std::vector<UnionCandidate> candidates;
  for (const KeptPair& pair : pairs) {
    if (!is_wanted(pair)) {
      continue;
    }
    const auto same_model = std::find_if(
        candidates.begin(), candidates.end(),
        [&](const UnionCandidate& candidate) { return candidate.model == pair.report->model; });
    if (same_model == candidates.end()) {
      candidates.push_back({.model = pair.report->model, .outcomes = &pair.outcomes});
    } else if (pair.outcomes.decided.Count() > same_model->outcomes->decided.Count()) {
      same_model->outcomes = &pair.outcomes;
    }
  }
  return candidates;
}

absl::Status CheckModels(const NamedUnion& named, std::span<const KeptPair> pairs) {
  std::vector<std::string> known;
  for (const KeptPair& pair : pairs) {
    known.push_back(pair.report->model);
  }
  for (const std::string& model : named.models) {
    if (std::find(known.begin(), known.end(), model) == known.end()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("union %s: the sweep has no model \"%s\"; %s", named.name, model,
                          NearestText(model, known)));
    }
  }
  return absl::OkStatus();
}

std::optional<Estimate> Times(std::optional<Estimate> estimate, double factor) {
  if (estimate) {
    estimate->value *= factor;
    for (std::optional<double>* bound : {&estimate->low, &estimate->high}) {
      if (*bound) {
        **bound *= factor;
      }
    }
  }
  return estimate;
}

void CompareEnergy(const ReportedPair& a, const ReportedPair& b, ReportedComparison& comparison) {
  if (a.energy.energy_class != b.energy.energy_class) {
    return;
  }
  const EnergyRatios ratios = RatiosOf(a.energy.figures, b.energy.figures);
  comparison.ipw_ratio = ratios.ipw;
  comparison.ipj_ratio = ratios.ipj;
  comparison.joules_per_correct_ratio = ratios.joules_per_correct;
  if (a.devices > 1 || b.devices > 1) {
    const double devices = static_cast<double>(a.devices) / b.devices;
    comparison.ipw_ratio_per_device = Times(ratios.ipw, devices);
    comparison.ipj_ratio_per_device = Times(ratios.ipj, devices);
  }
}

ReportedComparison CompareTwo(const KeptPair& numerator, const KeptPair& denominator) {
  const ReportedPair& a = *numerator.report;
  const ReportedPair& b = *denominator.report;
  ReportedComparison comparison;
  comparison.model = a.model;
  comparison.numerator = a.id;
  comparison.denominator = b.id;
  comparison.match =
      MatchWeights(a.build.digest, b.build.digest, a.build.quantization, b.build.quantization);
  CompareEnergy(a, b, comparison);
  const PairedOutcomes outcomes = Compare(numerator.outcomes, denominator.outcomes);
  comparison.queries = outcomes.queries;
  comparison.accuracy_difference = AccuracyDifference(outcomes);
  if (outcomes.queries > 0) {
    comparison.p_mcnemar = McNemarExact(outcomes.only_a, outcomes.only_b);
  }
  return comparison;
}

void AdjustP(std::vector<ReportedComparison>& comparisons) {
  std::vector<double> p;
  for (const ReportedComparison& comparison : comparisons) {
    if (comparison.p_mcnemar) {
      p.push_back(*comparison.p_mcnemar);
    }
  }
  const std::vector<double> adjusted = HolmAdjusted(p);
  std::size_t next = 0;
  for (ReportedComparison& comparison : comparisons) {
    if (comparison.p_mcnemar) {
      comparison.p_holm = adjusted[next++];
    }
  }
}

bool IsSameBuild(const ReportedBuild& a, const ReportedBuild& b) {
  const bool digests_allow = a.digest.empty() || b.digest.empty() || a.digest == b.digest;
  return digests_allow && a.engine == b.engine && a.ref == b.ref && a.revision == b.revision &&
         a.quantization == b.quantization;
}

const KeptPair* FindPair(std::span<const KeptPair> pairs, const std::string& id) {
  const auto at = std::find_if(pairs.begin(), pairs.end(),
                               [&](const KeptPair& pair) { return pair.report->id == id; });
  return at == pairs.end() ? nullptr : &*at;
}

bool IsMostlyDecided(const KeptPair& pair) {
  return static_cast<double>(pair.outcomes.decided.Count()) >=
         kDecidedShareMin * static_cast<double>(pair.outcomes.decided.size());
}

std::optional<Mismatch> AccuracyMismatch(const KeptPair& a, const KeptPair& b,
                                         const ReportedComparison& comparison) {
  if (a.report->accelerator == b.report->accelerator ||
      !IsSameBuild(a.report->build, b.report->build) ||
      comparison.p_holm.value_or(1) >= kDisagreementP || !comparison.accuracy_difference) {
    return std::nullopt;
  }
  return Mismatch{.kind = "ACCURACY_DISAGREES",
                  .pairs = {a.report->id, b.report->id},
                  .text = absl::StrFormat(
                      "one build, two accuracies: %s is %+.3f against %s (p = %.2g)", a.report->id,
                      comparison.accuracy_difference->value, b.report->id, *comparison.p_holm)};
}

std::optional<Mismatch> PromptMismatch(const KeptPair& a, const KeptPair& b) {
  if (a.report->build.engine == b.report->build.engine || !a.median_input_tokens ||
      !b.median_input_tokens || !IsMostlyDecided(a) || !IsMostlyDecided(b)) {
    return std::nullopt;
  }
  const auto tokens_a = static_cast<double>(*a.median_input_tokens);
  const auto tokens_b = static_cast<double>(*b.median_input_tokens);
  if (std::abs(tokens_a - tokens_b) <= kInputTokensApart * std::max(tokens_a, tokens_b)) {
    return std::nullopt;
  }
  return Mismatch{.kind = "PROMPT_MISMATCH",
                  .pairs = {a.report->id, b.report->id},
                  .text = absl::StrFormat(
                      "one model, two prompts: a median of %d input tokens at %s, %d at %s",
                      *a.median_input_tokens, a.report->id, *b.median_input_tokens, b.report->id)};
}

std::optional<Mismatch> VersionMismatch(const KeptPair& pair) {
  std::set<std::string> versions;
  for (const ReportedEnvironment& environment : pair.report->environments) {
    if (environment.engine_version) {
      versions.insert(*environment.engine_version);
    }
  }
  if (versions.size() < 2) {
    return std::nullopt;
  }
  return Mismatch{.kind = "MIXED_VERSIONS",
                  .pairs = {pair.report->id},
                  .text = absl::StrFormat("%s was answered by engine versions %s", pair.report->id,
                                          absl::StrJoin(versions, ", "))};
}

std::optional<Mismatch> MethodMismatch(const KeptPair& pair) {
  if (pair.mixed_methods.empty()) {
    return std::nullopt;
  }
  return Mismatch{.kind = "MIXED_METHODS",
                  .pairs = {pair.report->id},
                  .text = absl::StrFormat("%s was measured in several ways, so its energy is not "
                                          "shown: %s",
                                          pair.report->id, pair.mixed_methods)};
}

std::optional<Mismatch> RefusedLedgers(const KeptPair& pair) {
  if (pair.refused_leases.empty()) {
    return std::nullopt;
  }
  return Mismatch{.kind = "LEDGER_IMBALANCE",
                  .pairs = {pair.report->id},
                  .text = absl::StrFormat(
                      "%s: the energy of %d leases counts nowhere: their ledgers do not balance",
                      pair.report->id, pair.refused_leases.size())};
}

std::optional<Mismatch> DriftedBaselines(const KeptPair& pair) {
  if (pair.drifts.empty()) {
    return std::nullopt;
  }
  return Mismatch{
      .kind = "BASELINE_DRIFT",
      .pairs = {pair.report->id},
      .text = absl::StrFormat("%s: idle power did not last: %s; what was measured in between is "
                              "flagged IDLE_UNSTABLE",
                              pair.report->id, absl::StrJoin(pair.drifts, ", "))};
}

// Of an isolated pair such results are no part of any energy or timing figure: their number says
// why those rest on few queries, or are empty.
std::optional<Mismatch> Contended(const KeptPair& pair) {
  if (pair.contended_results == 0) {
    return std::nullopt;
  }
  return Mismatch{.kind = "CONTENDED",
                  .pairs = {pair.report->id},
                  .text = absl::StrFormat("%s: other programs worked on the machine during %d "
                                          "results; %s",
                                          pair.report->id, pair.contended_results,
                                          pair.snapshot->spec.condition.is_isolated()
                                              ? "these count in no energy, latency or speed"
                                              : "its figures are of a shared machine")};
}

// One model and condition whose figures cannot stand in one column.
std::optional<Mismatch> ClassMismatch(const KeptPair& a, const KeptPair& b) {
  const ReportedEnergy& of_a = a.report->energy;
  const ReportedEnergy& of_b = b.report->energy;
  if (!of_a.figures.means || !of_b.figures.means || of_a.energy_class == of_b.energy_class) {
    return std::nullopt;
  }
  return Mismatch{
      .kind = "MIXED_CLASSES",
      .pairs = {a.report->id, b.report->id},
      .text = absl::StrFormat("%s is measured as %s, %s as %s: not compared by energy",
                              a.report->id, of_a.energy_class, b.report->id, of_b.energy_class)};
}

std::optional<Mismatch> UnusedRecording(const KeptPair& pair) {
  const ReportedPair& report = *pair.report;
  if (report.environments.size() != 1 || !report.environments[0].recorded_answers ||
      report.progress.open > 0) {
    return std::nullopt;
  }
  std::int64_t lacking = 0;  // units that the recording had nothing for
  for (const Gap& gap : report.gaps) {
    lacking += gap.reason == FailureName(Failure::kNoRecording) ? gap.results : 0;
  }
  const std::int64_t answers = *report.environments[0].recorded_answers;
  const std::int64_t unused = answers - (report.queries - lacking / report.repetitions);
  if (unused <= 0) {
    return std::nullopt;
  }
  return Mismatch{.kind = "RECORDING_UNUSED",
                  .pairs = {report.id},
                  .text = absl::StrFormat("%s: %d of the recording's %d answers have ids that the "
                                          "workload lacks",
                                          report.id, unused, answers)};
}

std::optional<Mismatch> PowerMismatch(const KeptPair& pair) {
  if (!pair.report->mixed_power) {
    return std::nullopt;
  }
  return Mismatch{.kind = "MIXED_POWER",
                  .pairs = {pair.report->id},
                  .text = absl::StrFormat("%s: %s; its energy is not shown as one figure",
                                          pair.report->id, *pair.report->mixed_power)};
}

}  // namespace

absl::StatusOr<std::vector<ReportedUnion>> ReportUnions(
    std::span<const KeptPair> pairs, std::span<const std::int32_t> options_of_position,
    const ReportOptions& options) {
  std::vector<ReportedUnion> unions;
  const auto add = [&](const std::string& name, const auto& is_wanted) {
    const std::vector<UnionCandidate> candidates = Candidates(pairs, is_wanted);
    if (!candidates.empty()) {
      unions.push_back({.name = name, .result = CoverTogether(candidates, options_of_position)});
    }
  };
  const auto at = [](Location location) {
    return [location](const KeptPair& pair) { return pair.snapshot->spec.location == location; };
  };
  add("best-of-local", at(Location::kLocal));
  add("best-of-cloud", at(Location::kCloud));
  add("best-of-all", [](const KeptPair&) { return true; });
  for (const NamedUnion& named : options.unions) {
    WF_RETURN_IF_ERROR(CheckModels(named, pairs));
    add(named.name, [&](const KeptPair& pair) {
      return std::find(named.models.begin(), named.models.end(), pair.report->model) !=
             named.models.end();
    });
  }
  return unions;
}

std::vector<ReportedComparison> ReportComparisons(std::span<const KeptPair> pairs) {
  std::vector<ReportedComparison> comparisons;
  for (std::size_t first = 0; first < pairs.size(); ++first) {
    for (std::size_t second = first + 1; second < pairs.size(); ++second) {
      const KeptPair& earlier = pairs[first];
      const KeptPair& later = pairs[second];
      if (earlier.report->model != later.report->model ||
          earlier.report->condition != later.report->condition) {
        continue;
      }
      const bool is_earlier_cloud = earlier.snapshot->spec.location == Location::kCloud &&
                                    later.snapshot->spec.location == Location::kLocal;
      comparisons.push_back(is_earlier_cloud ? CompareTwo(earlier, later)
                                             : CompareTwo(later, earlier));
    }
  }
  AdjustP(comparisons);
  return comparisons;
}

std::vector<Mismatch> FindMismatches(std::span<const KeptPair> pairs,
                                     std::span<const ReportedComparison> comparisons,
                                     bool is_whole_workload) {
  std::vector<Mismatch> mismatches;
  const auto add = [&](std::optional<Mismatch> mismatch) {
    if (mismatch) {
      mismatches.push_back(*std::move(mismatch));
    }
  };
  for (const ReportedComparison& comparison : comparisons) {
    const KeptPair* a = FindPair(pairs, comparison.numerator);
    const KeptPair* b = FindPair(pairs, comparison.denominator);
    if (a != nullptr && b != nullptr) {
      add(AccuracyMismatch(*a, *b, comparison));
      add(PromptMismatch(*a, *b));
      add(ClassMismatch(*a, *b));
    }
  }
  for (const KeptPair& pair : pairs) {
    add(VersionMismatch(pair));
    add(MethodMismatch(pair));
    add(RefusedLedgers(pair));
    add(DriftedBaselines(pair));
    add(Contended(pair));
    if (is_whole_workload) {
      add(UnusedRecording(pair));
    }
    add(PowerMismatch(pair));
  }
  return mismatches;
}

}  // namespace wattfleet::coordinator
