#ifndef WF_COORDINATOR_CLI_CHILD_PROGRAM_H_
#define WF_COORDINATOR_CLI_CHILD_PROGRAM_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// One of our own programs, found beside this one or on PATH. NOT_FOUND says where it was looked
// for.
absl::StatusOr<std::string> FindProgram(const std::string& name);

// How a program ended.
struct ProgramEnd {
  std::optional<int> exit_code;  // absent = killed
  int signal = 0;
  std::string Text() const;  // "ended with code 2", "was killed by signal 9"
};

// A program that runs beside this one. Its output is appended to a log file. It is in a process
// group of its own, so that Ctrl-C reaches this program alone, and is told to stop (SIGTERM) should
// this one vanish. The destructor kills it.
class ChildProgram {
 public:
  // UNAVAILABLE when it cannot be started. Call on the main thread.
  static absl::StatusOr<ChildProgram> Start(std::vector<std::string> argv, std::string log_path);

  ChildProgram(ChildProgram&& other) noexcept;
  ChildProgram& operator=(ChildProgram&& other) noexcept;
  ~ChildProgram();

  // Waits at most `span` for it to end; says whether it has.
  bool WaitFor(std::chrono::milliseconds span);
  // Nothing while it runs.
  const std::optional<ProgramEnd>& Poll();
  // Asks it to stop; Poll tells when it has.
  void Terminate();
  // Ends it at once.
  void Kill();
  // The last line that it wrote, for messages.
  std::string LastLine() const;

 private:
  ChildProgram(int pid, std::string log_path) : pid_(pid), log_path_(std::move(log_path)) {}

  int pid_ = 0;  // 0 = none, or ended
  std::string log_path_;
  std::optional<ProgramEnd> end_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_CHILD_PROGRAM_H_
