#include "agent/power/json_reading.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

namespace wattfleet::agent {

absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text) {
  constexpr std::size_t kShown = 40;
  nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        text.empty() ? "the answer is empty"
                     : absl::StrFormat("not a JSON object: \"%s\"",
                                       absl::CHexEscape(std::string(text.substr(0, kShown)))));
  }
  return object;
}

const nlohmann::json& MemberOf(const nlohmann::json& object, const char* name) {
  static const nlohmann::json none;
  if (!object.is_object()) {
    return none;
  }
  const auto member = object.find(name);
  return member == object.end() ? none : *member;
}

std::optional<double> PlainNumber(const nlohmann::json& value) {
  if (!value.is_number()) {
    return std::nullopt;
  }
  const double number = value.get<double>();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

std::string PlainText(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace wattfleet::agent
