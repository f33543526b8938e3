#ifndef WF_AGENT_POWER_ENERGY_MONITOR_MONITOR_RAILS_H_
#define WF_AGENT_POWER_ENERGY_MONITOR_MONITOR_RAILS_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/scope.h"
#include "common/energy/channel.h"
#include "energy/energy_monitor.pb.h"

namespace wattfleet::agent {

// One of the three things that a monitor can tell apart.
enum class MonitorRail {
  kMain,          // fields 1 and 2
  kCpu,           // fields 10 and 11
  kNeuralEngine,  // fields 12 and 13
};

// What of a monitor's readings becomes a channel.
struct MonitorChannel {
  MonitorRail rail = MonitorRail::kMain;
  bool is_energy = true;  // its counter; otherwise its power
  Scope scope = Scope::kAccelerator;
};

const char* NameOf(MonitorRail rail);

// Whether the monitor knows the fields from 10 on: one of them was not 0 in some reading.
bool KnowsNewerFields(std::span<const energy::TelemetryReading> readings);

// The channels of a monitor that began with these readings: of each rail the energy, else the
// power. `main_scope` is what the user says that fields 1 and 2 cover. FAILED_PRECONDITION: the
// monitor has no collector, or only the user can know what its fields cover; UNAVAILABLE: it says
// neither energy nor power.
absl::StatusOr<std::vector<MonitorChannel>> FindMonitorChannels(
    std::span<const energy::TelemetryReading> readings, std::optional<Scope> main_scope);

// What `reading` says on that channel, in microjoules or microwatts; kUnavailable for what is no
// reading: negative (-1 is the monitor's word for it), not a number, infinite.
ChannelValue ValueOf(const energy::TelemetryReading& reading, const MonitorChannel& channel);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_ENERGY_MONITOR_MONITOR_RAILS_H_
