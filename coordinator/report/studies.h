#ifndef WF_COORDINATOR_REPORT_STUDIES_H_
#define WF_COORDINATOR_REPORT_STUDIES_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/routing.h"
#include "coordinator/report/across_pairs.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// Fills report.difficulty and each pair's share of it, where a model declares its parameters.
// `kept` is aligned with report.pairs.
void RateDifficulty(std::span<const KeptPair> kept, Report& report);

// nullopt where no model declares its release.
std::optional<Trend> ReportTrend(std::span<const KeptPair> kept);

// The routing study of a report, pair after pair as they are read.
class RoutingReport {
 public:
  // INVALID_ARGUMENT for a name that no pair, or more than one, has.
  static absl::StatusOr<RoutingReport> Create(const RoutingRequest& request,
                                              std::span<const PairSnapshot> pairs,
                                              std::size_t n_queries);

  void Consider(const PairSnapshot& pair, const ReportedPair& reported, const UnitColumns& columns,
                const PairOutcomes& outcomes);
  std::optional<Routing> Result() const { return study_.Result(); }

 private:
  RoutingReport(const RoutingRequest& request, std::size_t n_queries)
      : terms_(request.terms), study_(n_queries, request.terms) {}

  RoutingTerms terms_;
  std::string baseline_;           // empty: the cloud pair of the highest coverage
  std::vector<std::string> pool_;  // empty: all local pairs
  double best_coverage_ = -1;
  RoutingStudy study_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_STUDIES_H_
