#ifndef WF_AGENT_POWER_DCMI_OPEN_DCMI_H_
#define WF_AGENT_POWER_DCMI_OPEN_DCMI_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// The power of this server as its management controller says it over IPMI (DCMI), through the
// program ipmitool, in whole watts. Scope `wall` unless given. Untested on hardware.
//
// Options: program (ipmitool); timeout_ms (2,000), after which a call is ended; those of
// WithNetworkOptions: window_ms is 6,000. NOT_FOUND: no such program, or no DCMI here.
absl::StatusOr<std::unique_ptr<PowerSource>> OpenDcmi(const SourceRequest& request,
                                                      const PowerPaths& paths);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_DCMI_OPEN_DCMI_H_
