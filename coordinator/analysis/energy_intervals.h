#ifndef WF_COORDINATOR_ANALYSIS_ENERGY_INTERVALS_H_
#define WF_COORDINATOR_ANALYSIS_ENERGY_INTERVALS_H_

#include <optional>

#include "coordinator/analysis/energy_figures.h"
#include "coordinator/analysis/estimate.h"

namespace wattfleet::coordinator {

// The figures of EnergyFigures with what is known of their uncertainty. Absent where the figure is.
struct EnergyEstimates {
  std::optional<Estimate> joules_per_query;
  std::optional<Estimate> power_watts;
  std::optional<Estimate> power_share_watts;
  std::optional<Estimate> joules_per_output_token;
  std::optional<Estimate> joules_per_correct;
  std::optional<Estimate> ipw;
  std::optional<Estimate> ipj;
};

// With the intervals of block_interval.h, power's drift as the pair's own power shows it.
EnergyEstimates EstimatesOf(const EnergyFigures& figures);

// A pair's figures over another's.
struct EnergyRatios {
  std::optional<Estimate> ipw;
  std::optional<Estimate> ipj;
  std::optional<Estimate> joules_per_correct;
};

// Of two pairs of one sweep, over the parts of the workload's order that both have energy of;
// blocks of the same queries are resampled on both sides together. Absent where either side's
// figure is.
EnergyRatios RatiosOf(const EnergyFigures& numerator, const EnergyFigures& denominator);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ENERGY_INTERVALS_H_
