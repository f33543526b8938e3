#ifndef WF_COORDINATOR_CLI_REPORT_REQUIREMENTS_H_
#define WF_COORDINATOR_CLI_REPORT_REQUIREMENTS_H_

#include <string>

#include "absl/status/status.h"

namespace wattfleet::coordinator {

// Whether every pair of a report (JSON) has the figure `name`, a key of its pairs such as "ipw".
// UNAVAILABLE names the first pair without it and why; INVALID_ARGUMENT the nearest key when there
// is no such figure.
absl::Status CheckFigureAvailable(const std::string& report_json, const std::string& name);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_REPORT_REQUIREMENTS_H_
