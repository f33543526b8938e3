#ifndef WF_AGENT_CLI_START_MONITOR_H_
#define WF_AGENT_CLI_START_MONITOR_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/config/agent_config.h"
#include "agent/energy/energy_meter.h"
#include "agent/monitor/energy_monitor_server.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// The energy monitor that `config` asks for, over `meter`, or nullptr when it asks for none. Errors
// of EnergyMonitorServer::Start. `meter` and `clock` outlive it.
absl::StatusOr<std::unique_ptr<EnergyMonitorServer>> StartMonitor(const AgentConfig& config,
                                                                  EnergyMeter& meter,
                                                                  const Clock& clock);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_START_MONITOR_H_
