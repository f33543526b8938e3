#include "coordinator/analysis/energy_intervals.h"

namespace wattfleet::coordinator {

EnergyEstimates PointEstimates(const EnergyFigures& figures, const char* note) {
  const auto point = [note](const std::optional<double>& value) {
    return value ? std::optional(WithoutInterval(*value, note)) : std::nullopt;
  };
  EnergyEstimates estimates;
  if (figures.means) {
    estimates.joules_per_query = point(figures.means->joules_per_query);
    estimates.power_watts = point(figures.means->power_watts);
    estimates.power_share_watts = point(figures.means->power_share_watts);
    estimates.joules_per_output_token = point(figures.means->joules_per_output_token);
  }
  estimates.joules_per_correct = point(figures.joules_per_correct);
  estimates.ipw = point(figures.ipw);
  estimates.ipj = point(figures.ipj);
  return estimates;
}

}  // namespace wattfleet::coordinator
