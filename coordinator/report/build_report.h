#ifndef WF_COORDINATOR_REPORT_BUILD_REPORT_H_
#define WF_COORDINATOR_REPORT_BUILD_REPORT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/report/report.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// A union that the user names, beside best-of-local, best-of-cloud and best-of-all.
struct NamedUnion {
  std::string name;
  std::vector<std::string> models;
};

// A routing study (analysis/routing.h). Pairs by name, or by a part of it that no other's has.
struct RoutingRequest {
  std::string baseline;           // empty: the cloud pair of the highest coverage
  std::vector<std::string> pool;  // empty: all local pairs but the baseline
  RoutingTerms terms;
};

struct ReportOptions {
  std::string energy_class = "host";  // paper, host, host-nodram, wall or facility
  std::optional<Pue> pue;             // for class facility, and only for it
  std::string grader;                 // whose verdicts: NAME or NAME@VERSION; empty: in force
  bool cache_off = true;              // the sweep file says `cache: off`
  bool timings = false;  // ReportedPair::timings, for which every stored response is read
  std::vector<NamedUnion> unions;
  RoutingRequest routing;
  std::optional<SubjectWeights> weights;  // ParseSubjectWeights (subject_weights.h)
  std::vector<std::pair<std::string, std::string>> settings;  // Report::settings
};

// The report of one sweep at this moment; works on an empty and on a half-done sweep. Reads pair by
// pair: holds the rows of one pair and two bits per query of every other. INVALID_ARGUMENT for an
// unknown class, a grader without a verdict here, class facility without a PUE of named and dated
// source, an unknown model of a named union, pair of the routing study or subject with a weight;
// DATA_LOSS for rows that cannot be of this sweep.
absl::StatusOr<Report> BuildReport(SweepView& view, const Workload& workload,
                                   const ReportOptions& options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_BUILD_REPORT_H_
