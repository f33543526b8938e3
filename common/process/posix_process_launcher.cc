#include "common/process/posix_process_launcher.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process/posix_fork.h"
#include "common/status/status_macros.h"

extern char** environ;

namespace wattfleet {

namespace {

// A pipe that no program started here inherits.
struct Pipe {
  Pipe() {
    if (::pipe(ends.data()) == 0) {
      ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
      ::fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    }
  }
  ~Pipe() {
    CloseWriteEnd();
    CloseReadEnd();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool is_open() const { return ends[0] >= 0; }
  void CloseReadEnd() { Close(ends[0]); }
  void CloseWriteEnd() { Close(ends[1]); }
  static void Close(int& end) {
    if (end >= 0) {
      ::close(std::exchange(end, -1));
    }
  }

  std::array<int, 2> ends{-1, -1};
};

std::vector<std::string> Environment(const ProcessSpec& spec) {
  std::map<std::string, std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::pair<std::string, std::string> variable =
        absl::StrSplit(*at, absl::MaxSplits('=', 1));
    variables.insert(variable);
  }
  for (const auto& [name, value] : spec.environment) {
    variables[name] = value;
  }
  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) {
    texts.push_back(absl::StrCat(name, "=", value));
  }
  return texts;
}

ProcessExit ExitOf(int status) {
  if (WIFEXITED(status)) {
    return {.code = WEXITSTATUS(status)};
  }
  return {.signal = WTERMSIG(status)};
}

// Two threads: one starts the process, stays because the process would die with it, and sees it
// end; the other keeps its output.
class PosixProcess final : public ChildProcess {
 public:
  // `log`, when it is a descriptor, is closed at the end.
  PosixProcess(const ProcessSpec& spec, int log)
      : output_bytes_max_(spec.output_bytes_max), log_(log), on_output_(spec.on_output) {}
  ~PosixProcess() override {
    Terminate(std::chrono::milliseconds(0));
    if (log_ >= 0) {
      ::close(log_);
    }
  }

  absl::Status Start(ForkPlan plan) {
    if (!output_.is_open() || !no_more_.is_open() || !hang_up_.is_open()) {
      return absl::UnavailableError(
          absl::StrFormat("starting %s: no descriptor left", plan.program));
    }
    plan.output = output_.ends[1];
    std::promise<absl::StatusOr<pid_t>> started;
    std::future<absl::StatusOr<pid_t>> pid = started.get_future();
    watcher_ = std::jthread([this, plan = std::move(plan), started = std::move(started)]() mutable {
      Watch(plan, std::move(started));
    });
    const absl::Status status = pid.get().status();
    output_.CloseWriteEnd();
    if (status.ok()) {
      reader_ = std::jthread([this] { KeepOutput(); });
    }
    return status;
  }

  int pid() const override {
    absl::MutexLock lock(&mutex_);
    return pid_;
  }

  std::optional<ProcessExit> exit() const override {
    absl::MutexLock lock(&mutex_);
    return exit_;
  }

  bool WaitForExit(std::chrono::milliseconds span) override {
    absl::MutexLock lock(&mutex_);
    const auto ended = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return output_complete_; };
    return mutex_.AwaitWithTimeout(absl::Condition(&ended), absl::FromChrono(span));
  }

  std::string OutputTail() const override {
    absl::MutexLock lock(&mutex_);
    const std::size_t n = tail_.size();
    return n > output_bytes_max_ ? tail_.substr(n - output_bytes_max_) : tail_;
  }

  void Terminate(std::chrono::milliseconds grace) override {
    if (grace.count() > 0) {
      Signal(SIGTERM);
      WaitForExit(grace);
    }
    Signal(SIGKILL);
    if (reader_.joinable()) {
      WaitForExit(std::chrono::hours(1));
    }
  }

 private:
  void Watch(const ForkPlan& plan, std::promise<absl::StatusOr<pid_t>> started) {
    const absl::StatusOr<pid_t> pid = ForkAndExec(plan);
    if (pid.ok()) {
      absl::MutexLock lock(&mutex_);
      pid_ = *pid;
    }
    started.set_value(pid);
    if (!pid.ok()) {
      return;
    }
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(*pid), &ended, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    // Not reaped yet, so that nobody else can have the number of its group.
    absl::MutexLock lock(&mutex_);
    ::kill(-*pid, SIGKILL);
    int status = 0;
    ::waitpid(*pid, &status, 0);
    exit_ = ExitOf(status);
    no_more_.CloseWriteEnd();
  }

  void Signal(int number) {
    absl::MutexLock lock(&mutex_);
    if (pid_ > 0 && !exit_ && ::kill(-pid_, number) != 0 && errno == EPERM) {
      hang_up_.CloseWriteEnd();
    }
  }

  // Until the process has ended: a descendant that left the group may hold the pipe for longer.
  void KeepOutput() {
    ::fcntl(output_.ends[0], F_SETFL, O_NONBLOCK);
    std::array<pollfd, 3> ready = {pollfd{.fd = output_.ends[0], .events = POLLIN, .revents = 0},
                                   pollfd{.fd = no_more_.ends[0], .events = 0, .revents = 0},
                                   pollfd{.fd = hang_up_.ends[0], .events = 0, .revents = 0}};
    do {
      ::poll(ready.data(), ready.size(), -1);
      if (ready[0].fd >= 0 && !ReadOutput()) {
        ready[0].fd = -1;
      }
      if ((ready[2].revents & POLLHUP) != 0) {
        output_.CloseReadEnd();
        ready[0].fd = -1;
        ready[2].fd = -1;
      }
    } while ((ready[1].revents & POLLHUP) == 0);
    absl::MutexLock lock(&mutex_);
    output_complete_ = true;
  }

  // Everything there is; false when there will be no more.
  bool ReadOutput() {
    std::array<char, 16384> bytes;
    ssize_t n = 0;
    while ((n = ::read(output_.ends[0], bytes.data(), bytes.size())) > 0) {
      if (log_ >= 0) {
        // A full disk costs the log, not the program.
        [[maybe_unused]] const ssize_t kept =
            ::write(log_, bytes.data(), static_cast<std::size_t>(n));
      }
      if (on_output_) {
        on_output_(std::string_view(bytes.data(), static_cast<std::size_t>(n)));
      }
      absl::MutexLock lock(&mutex_);
      tail_.append(bytes.data(), static_cast<std::size_t>(n));
      if (tail_.size() > 2 * output_bytes_max_) {
        tail_.erase(0, tail_.size() - output_bytes_max_);
      }
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  }

  const std::size_t output_bytes_max_;
  const int log_;
  const std::function<void(std::string_view)> on_output_;
  Pipe output_;
  Pipe no_more_;  // its write end closes when the process has ended
  Pipe hang_up_;  // its write end closes to close the output that we read
  mutable absl::Mutex mutex_;
  pid_t pid_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<ProcessExit> exit_ ABSL_GUARDED_BY(mutex_);
  bool output_complete_ ABSL_GUARDED_BY(mutex_) = false;
  std::string tail_ ABSL_GUARDED_BY(mutex_);
  std::jthread watcher_;
  std::jthread reader_;
};

}  // namespace

std::string LastLine(std::string_view output) {
  const std::vector<std::string> lines = absl::StrSplit(
      absl::StripTrailingAsciiWhitespace(absl::string_view(output.data(), output.size())), '\n');
  return lines.back();
}

std::string ExitText(const ProcessExit& exit) {
  return exit.code ? absl::StrFormat("ended with code %d", *exit.code)
                   : absl::StrFormat("was killed by signal %d", exit.signal);
}

absl::StatusOr<std::string> FindProgramOnPath(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) != 0) {
      return absl::NotFoundError(absl::StrFormat("no program %s: %s", name, std::strerror(errno)));
    }
    return name;
  }
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':');
  for (const std::string& folder : folders) {
    std::string program = absl::StrCat(folder.empty() ? "." : folder, "/", name);
    if (!name.empty() && ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return absl::NotFoundError(absl::StrFormat("no program %s on PATH", name));
}

absl::StatusOr<std::unique_ptr<ChildProcess>> PosixProcessLauncher::Launch(
    const ProcessSpec& spec) {
  if (spec.argv.empty()) {
    return absl::InvalidArgumentError("no program to start");
  }
  ForkPlan plan{.argv = spec.argv, .environment = Environment(spec)};
  WF_ASSIGN_OR_RETURN(plan.program, FindProgramOnPath(spec.argv[0]));
  int log = -1;
  if (!spec.log_path.empty()) {
    log = ::open(spec.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) {
      return absl::UnavailableError(
          absl::StrFormat("cannot write %s: %s", spec.log_path, std::strerror(errno)));
    }
  }
  auto process = std::make_unique<PosixProcess>(spec, log);
  WF_RETURN_IF_ERROR(process->Start(std::move(plan)));
  return process;
}

}  // namespace wattfleet
