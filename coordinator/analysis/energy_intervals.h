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

// Without any interval, each with `note`.
EnergyEstimates PointEstimates(const EnergyFigures& figures, const char* note = kIntervalNotYet);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ENERGY_INTERVALS_H_
