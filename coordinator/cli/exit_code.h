#ifndef WF_COORDINATOR_CLI_EXIT_CODE_H_
#define WF_COORDINATOR_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace wattfleet::coordinator {

// What every command ends with.
enum class ExitCode {
  kDone = 0,
  kNotDone = 1,    // it could not be driven there
  kUserError = 2,  // the command or a file of the user's is wrong
  kInterrupted = 130,
};

// Codes that say "fix the command or the file" end with 2, all others with 1.
inline ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kUserError;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    default:
      return ExitCode::kNotDone;
  }
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_EXIT_CODE_H_
