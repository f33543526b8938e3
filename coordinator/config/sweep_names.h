#ifndef WF_COORDINATOR_CONFIG_SWEEP_NAMES_H_
#define WF_COORDINATOR_CONFIG_SWEEP_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/config/section.h"
#include "common/domain/pair.h"

namespace wattfleet::coordinator {

// The words of a sweep file, each listed once: reading and writing use the same tables.
const std::vector<std::string>& EngineKinds();
const std::vector<config::Choice<Thinking>>& ThinkingChoices();
const std::vector<config::Choice<Location>>& LocationChoices();

template <typename Enum>
std::string_view NameOf(const std::vector<config::Choice<Enum>>& choices, Enum value) {
  for (const auto& choice : choices) {
    if (choice.value == value) {
      return choice.name;
    }
  }
  return "";
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CONFIG_SWEEP_NAMES_H_
