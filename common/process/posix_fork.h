#ifndef WF_COMMON_PROCESS_POSIX_FORK_H_
#define WF_COMMON_PROCESS_POSIX_FORK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include <sys/types.h>

namespace wattfleet {

// Everything a child needs, made before the fork.
struct ForkPlan {
  std::string program;  // path
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value"
  int output = -1;                       // becomes its standard output and error
};

// Starts the program in a process group of its own and returns its pid once it runs. It dies with
// the *thread* that called this. UNAVAILABLE: it could not be executed.
absl::StatusOr<pid_t> ForkAndExec(const ForkPlan& plan);

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_POSIX_FORK_H_
