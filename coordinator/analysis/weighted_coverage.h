#ifndef WF_COORDINATOR_ANALYSIS_WEIGHTED_COVERAGE_H_
#define WF_COORDINATOR_ANALYSIS_WEIGHTED_COVERAGE_H_

#include <optional>
#include <span>

#include "coordinator/analysis/estimate.h"
#include "coordinator/analysis/outcome.h"

namespace wattfleet::coordinator {

struct WeightedTally {
  double weight = 0;  // > 0
  const OutcomeTally* outcomes = nullptr;
};

// sum(weight x coverage) / sum(weight) over subjects (the paper's weighting by GDP, arXiv
// 2511.07885 appendix E.7, is one choice of weights). The interval combines the subjects' own by
// MOVER (Zou and Donner 2008). nullopt where no subject has queries.
std::optional<Estimate> WeightedCoverage(std::span<const WeightedTally> subjects);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_WEIGHTED_COVERAGE_H_
