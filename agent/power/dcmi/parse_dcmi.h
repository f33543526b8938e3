#ifndef WF_AGENT_POWER_DCMI_PARSE_DCMI_H_
#define WF_AGENT_POWER_DCMI_PARSE_DCMI_H_

#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// Watts in what `ipmitool dcmi power reading` prints: its instantaneous reading. NOT_FOUND: no such
// line; UNAVAILABLE: no number, 0 (a controller that boots), or its state is not "activated".
absl::StatusOr<double> ParseDcmiPower(std::string_view text);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_DCMI_PARSE_DCMI_H_
