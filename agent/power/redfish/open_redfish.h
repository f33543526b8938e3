#ifndef WF_AGENT_POWER_REDFISH_OPEN_REDFISH_H_
#define WF_AGENT_POWER_REDFISH_OPEN_REDFISH_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// The power of a server as its management controller (BMC) says it over Redfish: EnvironmentMetrics
// of the chassis, else the sum over its power supplies, else the legacy Power resource, in whole
// watts. Scope `wall` unless given.
//
// Options: url; chassis (its id; needed where several say their power); those of WithHttpOptions,
// credentials as Basic over TLS; those of WithNetworkOptions: window_ms is 6,000, since the
// controller's own window is not told (1 s to a minute are usual).
absl::StatusOr<std::unique_ptr<PowerSource>> OpenRedfish(const SourceRequest& request,
                                                         const PowerPaths& paths);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_REDFISH_OPEN_REDFISH_H_
