#ifndef WF_COORDINATOR_REPORT_ACROSS_PAIRS_H_
#define WF_COORDINATOR_REPORT_ACROSS_PAIRS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/analysis/union_coverage.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// What stays of a pair for the figures across pairs.
struct KeptPair {
  const PairSnapshot* snapshot = nullptr;
  const ReportedPair* report = nullptr;
  PairOutcomes outcomes;
  std::optional<std::int64_t> median_input_tokens;
  std::string mixed_methods;         // PairRows::mixed_methods
  std::set<LeaseId> refused_leases;  // PairRows::refused_leases
  std::vector<std::string> drifts;   // PairRows::drifts
  std::int64_t contended_results = 0;
};

// best-of-local and best-of-cloud where there are such pairs, best-of-all, then the user's.
// INVALID_ARGUMENT for a named union with a model that the sweep does not have.
absl::StatusOr<std::vector<ReportedUnion>> ReportUnions(
    std::span<const KeptPair> pairs, std::span<const std::int32_t> options_of_position,
    const ReportOptions& options);

// Every two pairs of one model under one condition, the cloud's as numerator, else the later one.
// p_holm is over all comparisons returned.
std::vector<ReportedComparison> ReportComparisons(std::span<const KeptPair> pairs);

// ACCURACY_DISAGREES: one build on two accelerators, Holm-adjusted p below kDisagreementP.
// PROMPT_MISMATCH: one model on two engines, median input tokens more than 2 % apart.
// MIXED_VERSIONS: one pair answered by several engine versions. RECORDING_UNUSED: a recording with
// answers to ids that the workload lacks; told only where the sweep asks all of the workload.
// MIXED_POWER: one pair answered on mains and on battery, or in several power modes.
// MIXED_METHODS: one scope of a pair measured in several ways. MIXED_CLASSES: two pairs of one
// model measured as different classes. LEDGER_IMBALANCE: leases whose books were refused.
// BASELINE_DRIFT: idle power that was another one at its next measurement. CONTENDED: results
// during which other programs worked on the machine.
std::vector<Mismatch> FindMismatches(std::span<const KeptPair> pairs,
                                     std::span<const ReportedComparison> comparisons,
                                     bool is_whole_workload);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_ACROSS_PAIRS_H_
