#ifndef WF_COMMON_PROCESS_POSIX_PROCESS_LAUNCHER_H_
#define WF_COMMON_PROCESS_POSIX_PROCESS_LAUNCHER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "common/process/process_launcher.h"

namespace wattfleet {

// Programs of this machine. Each runs in a process group of its own, with nothing open but its
// input (empty) and its output (kept), and with default signals. On Linux it is killed when this
// process vanishes, however that happens. When it ends, what is left of its group is killed. No
// other process is ever signalled.
class PosixProcessLauncher final : public ProcessLauncher {
 public:
  absl::StatusOr<std::unique_ptr<ChildProcess>> Launch(const ProcessSpec& spec) override;
};

// The program that `name` means: itself when it has a slash, else the first on PATH. NOT_FOUND.
absl::StatusOr<std::string> FindProgramOnPath(const std::string& name);

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_POSIX_PROCESS_LAUNCHER_H_
