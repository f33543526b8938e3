#ifndef WF_AGENT_POWER_JSON_READING_H_
#define WF_AGENT_POWER_JSON_READING_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include <nlohmann/json_fwd.hpp>

namespace wattfleet::agent {

// What a device answered, which must be a JSON object: INVALID_ARGUMENT otherwise, with the
// beginning of the text.
absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text);

// The member of that name, or null: where there is none, or `object` is not an object.
const nlohmann::json& MemberOf(const nlohmann::json& object, const char* name);

// A finite number that is not negative. Nothing for null, text, and all else.
std::optional<double> PlainNumber(const nlohmann::json& value);

// A text, or empty.
std::string PlainText(const nlohmann::json& value);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_JSON_READING_H_
