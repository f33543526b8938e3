#ifndef WF_COMMON_PROCESS_PROCESS_LAUNCHER_H_
#define WF_COMMON_PROCESS_PROCESS_LAUNCHER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace wattfleet {

struct ProcessSpec {
  std::vector<std::string> argv;  // argv[0] is a path, or a name looked for on PATH
  std::vector<std::pair<std::string, std::string>> environment;  // beside what is inherited
  std::size_t output_bytes_max = 64U << 10;                      // of its output, the end is kept
  std::string log_path;  // when set, all of its output is appended to this file too
  // When set, is given all of its output too, piece by piece as it comes, on a thread of the
  // process's own; not called any more once its ChildProcess is destroyed.
  std::function<void(std::string_view)> on_output;
};

// The last line of `output` that is not empty, for messages.
std::string LastLine(std::string_view output);

// How a process ended.
struct ProcessExit {
  std::optional<int> code;  // absent = killed
  int signal = 0;
  bool operator==(const ProcessExit&) const = default;
};

// "ended with code 2", "was killed by signal 9".
std::string ExitText(const ProcessExit& exit);

// A process that we started, with everything that it starts itself: its process group. Thread-safe.
// The destructor ends it as Terminate does, without grace.
class ChildProcess {
 public:
  virtual ~ChildProcess() = default;
  virtual int pid() const = 0;
  // Nothing while it runs.
  virtual std::optional<ProcessExit> exit() const = 0;
  // Waits for its end, at most `span`; says whether it has ended.
  virtual bool WaitForExit(std::chrono::milliseconds span) = 0;
  // The end of what it wrote to its standard output and error. Complete once it has ended.
  virtual std::string OutputTail() const = 0;
  // Asks it to end, insists after `grace`, and returns when it has ended. One that runs as another
  // user (under sudo) cannot be signalled: its output is closed, so that it ends when it next
  // writes.
  virtual void Terminate(std::chrono::milliseconds grace) = 0;
};

// Starts programs: the only way there is.
class ProcessLauncher {
 public:
  virtual ~ProcessLauncher() = default;
  // NOT_FOUND: no such program; UNAVAILABLE: it could not be started, or its log not be written.
  virtual absl::StatusOr<std::unique_ptr<ChildProcess>> Launch(const ProcessSpec& spec) = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_PROCESS_LAUNCHER_H_
