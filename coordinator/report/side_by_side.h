#ifndef WF_COORDINATOR_REPORT_SIDE_BY_SIDE_H_
#define WF_COORDINATOR_REPORT_SIDE_BY_SIDE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/analysis/operating_points.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// One side of a comparison as it was asked for; all outlive the call.
struct SideSources {
  SweepView* view = nullptr;
  const Workload* workload = nullptr;
  ReportOptions options;
  std::string pair;  // its name, or a part that no other pair has; empty: every pair of the sweep
};

// A fact that is not the same on both sides, so that figures may differ for it alone.
struct ProvenanceDifference {
  std::string what;  // "engine version", "prompt template"
  std::string a;
  std::string b;
};

// Two pairs beside each other. Ratios are of a over b, and absent where energy class or condition
// differ: those are not ranked against each other.
struct PairsSideBySide {
  ReportedPair a;
  ReportedPair b;
  std::vector<ProvenanceDifference> differences;
  std::int64_t queries = 0;  // decided for both
  std::optional<Estimate> accuracy_difference;
  std::optional<double> p_mcnemar;
  std::optional<double> p_holm;  // over all pairs of the comparison
  std::optional<double> ipw_ratio;
  std::optional<double> ipj_ratio;
  std::optional<double> joules_per_correct_ratio;
};

struct SideBySide {
  std::string sweep_a;
  std::string sweep_b;
  bool is_provisional = false;  // on either side
  std::vector<PairsSideBySide> pairs;
  std::vector<std::string> only_in_a;  // pairs without a counterpart
  std::vector<std::string> only_in_b;
  // How each side, "A" and "B", is best run: over all its pairs that were asked for, with or
  // without a counterpart. Joules only of pairs in the class that was asked for.
  std::vector<OperatingPoint> operating_points;
};

// Two pairs, or every pair of one sweep beside its counterpart in another: that of the same name,
// else the only one of its model and condition. INVALID_ARGUMENT: no such pair, several of that
// name, or nothing to set beside anything; FAILED_PRECONDITION: no common query.
absl::StatusOr<SideBySide> CompareSides(const SideSources& a, const SideSources& b);

// The operating points of both sides and no couples, so that pairs without a counterpart will do.
// Errors as above.
absl::StatusOr<SideBySide> CompareOperatingPoints(const SideSources& a, const SideSources& b);

// "wattfleet.compare/1"; absent is null.
std::string RenderSideBySideJson(const SideBySide& comparison);
// For a terminal.
std::string RenderSideBySide(const SideBySide& comparison);
// The operating points alone, for a terminal.
std::string RenderOperatingPoints(const SideBySide& comparison);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_SIDE_BY_SIDE_H_
