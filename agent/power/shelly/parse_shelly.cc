#include "agent/power/shelly/parse_shelly.h"

#include "absl/status/status.h"
#include <nlohmann/json.hpp>

#include "agent/power/json_reading.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<ShellyReading> ParseShellyStatus(std::string_view text) {
  WF_ASSIGN_OR_RETURN(const nlohmann::json status, ParseJsonObject(text));
  if (!status.contains("apower")) {
    return absl::NotFoundError("the plug says no apower: this relay does not meter");
  }
  return ShellyReading{PlainNumber(status["apower"]),
                       PlainNumber(MemberOf(MemberOf(status, "aenergy"), "total"))};
}

}  // namespace wattfleet::agent
