#ifndef WF_AGENT_ENERGY_OPEN_ENERGY_METER_H_
#define WF_AGENT_ENERGY_OPEN_ENERGY_METER_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/energy/baseline_options.h"
#include "agent/energy/energy_meter.h"
#include "agent/power/power_config.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// The meter of this host, sampling from now on with what `config` asks for and finds. Where it
// finds nothing, a meter without channels. An error when a source asked for by name does not open.
// Baselines are measured as `baseline` says.
// `clock` outlives the meter, and is the system's own: the sensors' time is real.
absl::StatusOr<std::unique_ptr<EnergyMeter>> OpenEnergyMeter(const PowerConfig& config,
                                                             const BaselineOptions& baseline,
                                                             const Clock& clock);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_OPEN_ENERGY_METER_H_
