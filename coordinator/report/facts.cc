#include "coordinator/report/facts.h"

#include <nlohmann/json.hpp>

namespace wattfleet::coordinator {

namespace {

nlohmann::json ValueAt(const std::string& facts_json, const char* key) {
  const nlohmann::json facts =
      nlohmann::json::parse(facts_json, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!facts.is_object()) {
    return nullptr;
  }
  if (const auto at = facts.find(key); at != facts.end()) {
    return *at;
  }
  for (const char* deeper : {"host", "source"}) {
    const auto inner = facts.find(deeper);
    if (inner != facts.end() && inner->is_object() && inner->contains(key)) {
      return inner->at(key);
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> TextFact(const std::string& facts_json, const char* key) {
  const nlohmann::json value = ValueAt(facts_json, key);
  return value.is_string() && !value.get_ref<const std::string&>().empty()
             ? std::optional(value.get<std::string>())
             : std::nullopt;
}

std::optional<double> NumberFact(const std::string& facts_json, const char* key) {
  const nlohmann::json value = ValueAt(facts_json, key);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::optional<bool> BoolFact(const std::string& facts_json, const char* key) {
  const nlohmann::json value = ValueAt(facts_json, key);
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

}  // namespace wattfleet::coordinator
