#include "common/process/posix_fork.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "absl/strings/str_format.h"

namespace wattfleet {

namespace {

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// From here to the exec only what is safe in a signal handler may be called: the parent has other
// threads, and whatever they hold stays held in the child.

#if defined(__linux__)
void DieWithTheParent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(127);
  }
}
void KeepOpenOnlyStandardStreams() {
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}
#else
void DieWithTheParent(pid_t) {}
void KeepOpenOnlyStandardStreams() {
  for (int fd = 3; fd < 1024; ++fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}
#endif

void ResetSignals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD, SIGQUIT}) {
    ::signal(number, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void BecomeProgram(const char* program, char* const* argv, char* const* environment,
                                int output, int report) {
  ::setpgid(0, 0);
  ResetSignals();
  const int input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  KeepOpenOnlyStandardStreams();
  ::execve(program, argv, environment);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof(error));
  ::_exit(127);
}

}  // namespace

absl::StatusOr<pid_t> ForkAndExec(const ForkPlan& plan) {
  const std::vector<char*> argv = Pointers(plan.argv);
  const std::vector<char*> environment = Pointers(plan.environment);
  std::array<int, 2> report{};
  if (::pipe(report.data()) != 0) {
    return absl::UnavailableError(
        absl::StrFormat("starting %s: %s", plan.program, std::strerror(errno)));
  }
  ::fcntl(report[1], F_SETFD, FD_CLOEXEC);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    DieWithTheParent(parent);
    BecomeProgram(plan.program.c_str(), argv.data(), environment.data(), plan.output, report[1]);
  }
  const int fork_error = errno;
  ::close(report[1]);
  int exec_error = 0;
  // Ends without a byte when the exec succeeds and closes the other end.
  const bool failed =
      pid < 0 || ::read(report[0], &exec_error, sizeof(exec_error)) == sizeof(exec_error);
  ::close(report[0]);
  if (!failed) {
    return pid;
  }
  if (pid > 0) {
    ::waitpid(pid, nullptr, 0);
  }
  return absl::UnavailableError(absl::StrFormat("starting %s: %s", plan.program,
                                                std::strerror(pid < 0 ? fork_error : exec_error)));
}

}  // namespace wattfleet
