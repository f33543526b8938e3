#ifndef WF_AGENT_POWER_SHELLY_PARSE_SHELLY_H_
#define WF_AGENT_POWER_SHELLY_PARSE_SHELLY_H_

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// What a plug said; a value that it did not say, or that cannot be one, is absent.
struct ShellyReading {
  std::optional<double> watts;       // apower
  std::optional<double> watt_hours;  // aenergy.total
};

// The answer to Switch.GetStatus or PM1.GetStatus. NOT_FOUND when it has no `apower` at all: the
// relay does not meter. INVALID_ARGUMENT when it is not a JSON object.
absl::StatusOr<ShellyReading> ParseShellyStatus(std::string_view text);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_SHELLY_PARSE_SHELLY_H_
