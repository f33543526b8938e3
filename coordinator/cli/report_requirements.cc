#include "coordinator/cli/report_requirements.h"

#include <vector>

#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "common/domain/nearest_name.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::json;

std::string ReasonOf(const Json& pair) {
  const auto energy = pair.find("energy");
  if (energy == pair.end() || !energy->is_object()) {
    return "";
  }
  const std::string reason = energy->value("reason", Json()).is_string()
                                 ? energy->at("reason").get<std::string>()
                                 : std::string();
  return reason.empty() ? "" : ": " + reason;
}

}  // namespace

absl::Status CheckFigureAvailable(const std::string& report_json, const std::string& name) {
  const Json report = Json::parse(report_json, nullptr, false);
  if (!report.is_object() || !report.contains("pairs") || !report["pairs"].is_array()) {
    return absl::InternalError("the report is not wattfleet.report/1");
  }
  for (const Json& pair : report["pairs"]) {
    const auto figure = pair.find(name);
    if (figure == pair.end()) {
      std::vector<std::string> keys;
      for (const auto& entry : pair.items()) {
        keys.push_back(entry.key());
      }
      return absl::InvalidArgumentError(
          absl::StrFormat("--require %s: no such figure; %s", name, NearestText(name, keys)));
    }
    if (figure->is_null()) {
      return absl::UnavailableError(absl::StrFormat("%s of %s is not available%s", name,
                                                    pair.value("id", "a pair"), ReasonOf(pair)));
    }
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
