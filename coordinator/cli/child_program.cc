#include "coordinator/cli/child_program.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace wattfleet::coordinator {

namespace {

std::filesystem::path OwnFolder() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : self.parent_path();
}

std::string PathVariable() {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  return path == nullptr ? "" : path;
}

// Runs in the child between fork and exec: async-signal-safe calls only.
[[noreturn]] void BecomeProgram(char* const* argv, int log, pid_t parent) {
  setpgid(0, 0);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) {
    _exit(127);
  }
#endif
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = open("/dev/null", O_RDONLY);
  dup2(input, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  std::vector<std::filesystem::path> folders = {OwnFolder()};
  const std::vector<std::string> path = absl::StrSplit(PathVariable(), ':');
  for (const std::string& folder : path) {
    folders.emplace_back(folder);
  }
  for (const std::filesystem::path& folder : folders) {
    const std::filesystem::path program = folder / name;
    if (!folder.empty() && access(program.c_str(), X_OK) == 0) {
      return program.string();
    }
  }
  return absl::UnavailableError(
      absl::StrFormat("no program %s, neither in %s nor on PATH", name, folders[0].string()));
}

std::string ProgramEnd::Text() const {
  return exit_code ? absl::StrFormat("ended with code %d", *exit_code)
                   : absl::StrFormat("was killed by signal %d", signal);
}

absl::StatusOr<ChildProgram> ChildProgram::Start(std::vector<std::string> argv,
                                                 std::string log_path) {
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return absl::UnavailableError(
        absl::StrFormat("cannot write %s: %s", log_path, std::strerror(errno)));
  }
  std::vector<char*> arguments;
  for (std::string& argument : argv) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeProgram(arguments.data(), log, parent);
  }
  close(log);
  if (pid < 0) {
    return absl::UnavailableError(
        absl::StrFormat("cannot start %s: %s", argv.front(), std::strerror(errno)));
  }
  return ChildProgram(pid, std::move(log_path));
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      log_path_(std::move(other.log_path_)),
      end_(std::move(other.end_)) {}

ChildProgram& ChildProgram::operator=(ChildProgram&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(log_path_, other.log_path_);
  std::swap(end_, other.end_);
  return *this;
}

ChildProgram::~ChildProgram() {
  if (!Poll()) {
    Kill();
  }
}

const std::optional<ProgramEnd>& ChildProgram::Poll() {
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
    pid_ = 0;
    end_ = WIFEXITED(status) ? ProgramEnd{.exit_code = WEXITSTATUS(status)}
                             : ProgramEnd{.signal = WTERMSIG(status)};
  }
  return end_;
}

bool ChildProgram::WaitFor(std::chrono::milliseconds span) {
  constexpr std::chrono::milliseconds kLookEvery{10};
  for (; !Poll() && span.count() > 0; span -= kLookEvery) {
    // No descriptor is watched: the end of a child cannot be polled for everywhere.
    poll(nullptr, 0, static_cast<int>(kLookEvery.count()));
  }
  return Poll().has_value();
}

void ChildProgram::Terminate() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
  }
}

void ChildProgram::Kill() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
    end_ = ProgramEnd{.exit_code = {}, .signal = SIGKILL};
    pid_ = 0;
  }
}

std::string ChildProgram::LastLine() const {
  std::ifstream log(log_path_);
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (!line.empty()) {
      last = line;
    }
  }
  return last;
}

}  // namespace wattfleet::coordinator
