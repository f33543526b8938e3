#ifndef WF_AGENT_POWER_TASMOTA_OPEN_TASMOTA_H_
#define WF_AGENT_POWER_TASMOTA_OPEN_TASMOTA_H_

#include <memory>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// The power of a plug with Tasmota's firmware, in tenths of a watt (`WattRes 3` on the plug; whole
// watts otherwise). Its energy counter is too coarse, 3.6 kJ by default. Scope `wall` unless given.
// Untested on hardware.
//
// Options: url; socket, on plugs of several; those of WithHttpOptions, the credentials going in the
// query as the firmware wants them; those of WithNetworkOptions: window_ms is 6,000.
absl::StatusOr<std::unique_ptr<PowerSource>> OpenTasmota(const SourceRequest& request,
                                                         const PowerPaths& paths);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_TASMOTA_OPEN_TASMOTA_H_
