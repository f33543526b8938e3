#include "agent/power/redfish/parse_redfish.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/json_reading.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

// The path that a link names, or empty.
std::string PathOf(const nlohmann::json& link) {
  const std::string path = PlainText(MemberOf(link, "@odata.id"));
  const bool is_plain =
      path.find_first_of(" \t\r\n@?#\\") == std::string::npos && !absl::StrContains(path, "..");
  return absl::StartsWith(path, "/redfish/") && is_plain ? path : "";
}

absl::StatusOr<double> Watts(const nlohmann::json& value, const char* what) {
  const std::optional<double> watts = PlainNumber(value);
  if (!watts) {
    return absl::UnavailableError(absl::StrCat(what, " is not a number just now"));
  }
  return *watts;
}

absl::StatusOr<double> WattsAboveZero(const nlohmann::json& value, const char* what) {
  WF_ASSIGN_OR_RETURN(const double watts, Watts(value, what));
  if (watts == 0) {
    return absl::UnavailableError(absl::StrCat(what, " is 0: no machine that runs draws nothing"));
  }
  return watts;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseRedfishMembers(std::string_view text) {
  WF_ASSIGN_OR_RETURN(const nlohmann::json collection, ParseJsonObject(text));
  std::vector<std::string> paths;
  const nlohmann::json& members = MemberOf(collection, "Members");
  if (!members.is_array()) {
    return paths;
  }
  for (const nlohmann::json& member : members) {
    if (std::string path = PathOf(member); !path.empty()) {
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

absl::StatusOr<double> ParseEnvironmentMetrics(std::string_view text) {
  WF_ASSIGN_OR_RETURN(const nlohmann::json metrics, ParseJsonObject(text));
  const nlohmann::json& power = MemberOf(metrics, "PowerWatts");
  if (!power.is_object() || !power.contains("Reading")) {
    return absl::NotFoundError("no PowerWatts.Reading");
  }
  return WattsAboveZero(power["Reading"], "PowerWatts.Reading");
}

absl::StatusOr<double> ParseLegacyPower(std::string_view text) {
  constexpr char kWatts[] = "PowerConsumedWatts";
  WF_ASSIGN_OR_RETURN(const nlohmann::json power, ParseJsonObject(text));
  if (power.contains(kWatts)) {  // old HPE
    return WattsAboveZero(power[kWatts], kWatts);
  }
  const nlohmann::json& controls = MemberOf(power, "PowerControl");
  if (controls.is_array()) {
    for (const nlohmann::json& control : controls) {
      if (control.is_object() && control.contains(kWatts)) {
        return WattsAboveZero(control[kWatts], kWatts);
      }
    }
  }
  return absl::NotFoundError("no PowerControl with PowerConsumedWatts");
}

absl::StatusOr<RedfishPowerSupply> ParsePowerSupply(std::string_view text) {
  WF_ASSIGN_OR_RETURN(const nlohmann::json supply, ParseJsonObject(text));
  return RedfishPowerSupply{PlainText(MemberOf(MemberOf(supply, "Status"), "State")) != "Absent",
                            PathOf(MemberOf(supply, "Metrics"))};
}

absl::StatusOr<double> ParsePowerSupplyMetrics(std::string_view text) {
  WF_ASSIGN_OR_RETURN(const nlohmann::json metrics, ParseJsonObject(text));
  const nlohmann::json& power = MemberOf(metrics, "InputPowerWatts");
  if (!power.is_object() || !power.contains("Reading")) {
    return absl::NotFoundError("no InputPowerWatts.Reading");
  }
  return Watts(power["Reading"], "InputPowerWatts.Reading");
}

}  // namespace wattfleet::agent
