#ifndef WF_AGENT_POWER_SHELLY_OPEN_SHELLY_H_
#define WF_AGENT_POWER_SHELLY_OPEN_SHELLY_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// A Shelly plug or meter of the second generation or later, over its HTTP interface: its energy
// counter (in mWh; a counter set back through its interface is a reset), or with `quantity: power`
// its power. Scope `wall` unless given.
//
// Options: url; id (0), the relay's number; quantity (energy, power); those of WithHttpOptions, the
// credentials proved by digest; those of WithNetworkOptions: update_ms is 60,000 for energy, since
// models publish it once a minute, and window_ms 6,000 for power, since nobody says its window.
// NOT_FOUND: the relay does not meter.
absl::StatusOr<std::unique_ptr<PowerSource>> OpenShelly(const SourceRequest& request,
                                                        const PowerPaths& paths);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_SHELLY_OPEN_SHELLY_H_
