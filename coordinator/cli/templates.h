#ifndef WF_COORDINATOR_CLI_TEMPLATES_H_
#define WF_COORDINATOR_CLI_TEMPLATES_H_

#include <span>
#include <string_view>

namespace wattfleet::coordinator {

// A commented file to start from.
struct Template {
  std::string_view name;
  std::string_view what;
  std::string_view text;
};

std::span<const Template> Templates();

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_TEMPLATES_H_
