#ifndef WF_AGENT_POWER_TASMOTA_PARSE_TASMOTA_H_
#define WF_AGENT_POWER_TASMOTA_PARSE_TASMOTA_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// Watts in a plug's answer to `Status 8`: StatusSNS.ENERGY.Power, or StatusPWR.Power of very old
// firmware. Plugs of several sockets say an array: `socket` (from 1) picks one, and must be given
// then. NOT_FOUND: no meter; FAILED_PRECONDITION: no such socket, or none chosen; UNAVAILABLE: not
// a number; INVALID_ARGUMENT: not a JSON object.
absl::StatusOr<double> ParseTasmotaPower(std::string_view text, std::optional<std::size_t> socket);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_TASMOTA_PARSE_TASMOTA_H_
