#include "agent/power/tasmota/parse_tasmota.h"

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "agent/power/json_reading.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<double> ParseTasmotaPower(std::string_view text, std::optional<std::size_t> socket) {
  WF_ASSIGN_OR_RETURN(const nlohmann::json status, ParseJsonObject(text));
  const nlohmann::json& sensors = MemberOf(MemberOf(status, "StatusSNS"), "ENERGY");
  const nlohmann::json& meter = sensors.is_object() ? sensors : MemberOf(status, "StatusPWR");
  if (!meter.is_object() || !meter.contains("Power")) {
    return absl::NotFoundError("the plug says no ENERGY.Power: it does not meter");
  }
  const nlohmann::json& power = meter["Power"];
  const nlohmann::json* value = &power;
  if (power.is_array()) {
    if (!socket || *socket == 0 || *socket > power.size()) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "the plug has %d sockets: say which with `socket`", static_cast<int>(power.size())));
    }
    value = &power[*socket - 1];
  } else if (socket.value_or(1) != 1) {
    return absl::FailedPreconditionError("the plug has one socket");
  }
  const std::optional<double> watts = PlainNumber(*value);
  if (!watts) {
    return absl::UnavailableError("the plug's Power is not a number");
  }
  return *watts;
}

}  // namespace wattfleet::agent
