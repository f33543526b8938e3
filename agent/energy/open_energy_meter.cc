#include "agent/energy/open_energy_meter.h"

#include <utility>
#include <vector>

#include "agent/energy/sampled_energy_meter.h"
#include "agent/power/open_power_source.h"
#include "agent/power/sampler.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<std::unique_ptr<EnergyMeter>> OpenEnergyMeter(const PowerConfig& config,
                                                             const BaselineOptions& baseline,
                                                             const Clock& clock) {
  WF_ASSIGN_OR_RETURN(auto sources, OpenPowerSources(config));
  if (sources.empty()) {
    return std::make_unique<NoEnergyMeter>();
  }
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (std::unique_ptr<PowerSource>& source : sources) {
    samplers.push_back(std::make_unique<Sampler>(std::move(source), clock));
  }
  MeterOptions options;
  options.baseline = baseline;
  auto meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), clock, options);
  meter->Start();
  return meter;
}

}  // namespace wattfleet::agent
