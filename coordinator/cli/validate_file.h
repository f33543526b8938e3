#ifndef WF_COORDINATOR_CLI_VALIDATE_FILE_H_
#define WF_COORDINATOR_CLI_VALIDATE_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// Checks a sweep's, a coordinator's or an agent's file, told apart by its keys, without running
// anything of it. Returns what it is, in a few words: "sweep night, 2 models on mmlu-pro". The
// errors are those that using it would give.
absl::StatusOr<std::string> ValidateFile(const std::string& path);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_VALIDATE_FILE_H_
