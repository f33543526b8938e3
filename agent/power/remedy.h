#ifndef WF_AGENT_POWER_REMEDY_H_
#define WF_AGENT_POWER_REMEDY_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace wattfleet::agent {

// An error that says what would mend it: a command, or a step for a person. Kept beside the
// message so that logs stay one line.
absl::Status WithRemedy(absl::Status status, std::string_view remedy);
// Empty where nobody knows.
std::string RemedyOf(const absl::Status& status);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_REMEDY_H_
