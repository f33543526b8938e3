#include "agent/engine/started_engine.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/backend/open_backend.h"
#include "common/process/command_line.h"
#include "common/process/process_table.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskEvery{100};
constexpr milliseconds kStopGrace{10'000};
constexpr std::size_t kLinesShown = 6;

absl::StatusOr<std::vector<std::string>> CommandFor(const EngineConfig& config,
                                                    const EngineDemand& demand,
                                                    const std::string& port) {
  const std::map<std::string, std::string> values = {
      {"ref", demand.build.ref},
      {"port", port},
      {"concurrency", absl::StrCat(demand.concurrency)},
      {"context", absl::StrCat(demand.context_tokens.value_or(0))}};
  absl::StatusOr<std::vector<std::string>> argv = ExpandCommand(config.command, values);
  if (!argv.ok()) {
    return Annotate(argv.status(), absl::StrFormat("engine %s", config.kind));
  }
  return argv;
}

std::string WayOf(const EngineConfig& config, const EngineDemand& demand) {
  const absl::StatusOr<std::vector<std::string>> argv = CommandFor(config, demand, "PORT");
  return argv.ok() ? absl::StrJoin(*argv, "\n") : std::string();
}

// Whether what an engine printed before it ended blames the port, which somebody took between our
// look and its start.
bool BlamesThePort(const std::string& output) {
  const std::string said = absl::AsciiStrToLower(output);
  return absl::StrContains(said, "address already in use") ||
         absl::StrContains(said, "eaddrinuse") || absl::StrContains(said, "couldn't bind") ||
         absl::StrContains(said, "failed to bind");
}

// Whether it may answer better a moment later.
bool IsNotUpYet(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

StartedEngine::StartedEngine(const EngineConfig& config, const EngineDemand& demand,
                             const EngineWorld& world)
    : config_(config), demand_(demand), world_(world), way_(WayOf(config, demand)) {}

StartedEngine::~StartedEngine() {
  if (process_ != nullptr) {
    process_->Terminate(world_.interruption.requested() ? kStopGrace / 5 : kStopGrace);
  }
}

absl::StatusOr<std::unique_ptr<StartedEngine>> StartedEngine::Start(const EngineConfig& config,
                                                                    const EngineDemand& demand,
                                                                    const EngineWorld& world) {
  std::unique_ptr<StartedEngine> engine(new StartedEngine(config, demand, world));
  WF_RETURN_IF_ERROR(engine->Launch());
  absl::Status ready = engine->AwaitReady();
  if (!ready.ok() && engine->process_->exit() && BlamesThePort(engine->process_->OutputTail())) {
    WF_RETURN_IF_ERROR(engine->Launch());
    ready = engine->AwaitReady();
  }
  WF_RETURN_IF_ERROR(ready);
  return engine;
}

absl::Status StartedEngine::Launch() {
  WF_ASSIGN_OR_RETURN(port_, FreeLoopbackPort());
  ProcessSpec spec;
  WF_ASSIGN_OR_RETURN(spec.argv, CommandFor(config_, demand_, absl::StrCat(port_)));
  BackendOptions options{.base_url = absl::StrCat("http://127.0.0.1:", port_),
                         .build = demand_.build};
  WF_ASSIGN_OR_RETURN(backend_, OpenBackend(options, world_.clock));
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = world_.launcher.Launch(spec);
  if (!process.ok()) {
    return Annotate(process.status(), absl::StrFormat("engine %s", config_.kind));
  }
  process_ = *std::move(process);
  return absl::OkStatus();
}

absl::Status StartedEngine::AwaitReady() {
  const MonotonicTime deadline = world_.clock.MonotonicNow() + config_.start_timeout;
  while (true) {
    const absl::Status answer = world_.interruption.Identify(*backend_).status();
    if (world_.interruption.requested()) {
      return absl::CancelledError("shutting down");
    }
    if (process_->exit()) {
      process_->WaitForExit(kAskEvery);
      return Ended();
    }
    if (answer.ok() || !IsNotUpYet(answer)) {
      return answer;
    }
    if (world_.clock.MonotonicNow() >= deadline) {
      return absl::UnavailableError(absl::StrFormat(
          "%s was not ready within %g s: %s%s", config_.kind,
          static_cast<double>(config_.start_timeout.count()) / 1000, answer.message(), Said()));
    }
    process_->WaitForExit(kAskEvery);
  }
}

absl::Status StartedEngine::Ended() const {
  return absl::UnavailableError(
      absl::StrFormat("%s %s%s", config_.kind, ExitText(*process_->exit()), Said()));
}

// "; it said: " and its last lines, or nothing.
std::string StartedEngine::Said() const {
  const std::string output = process_->OutputTail();
  std::vector<std::string> lines = absl::StrSplit(output, '\n', absl::SkipWhitespace());
  lines.erase(lines.begin(),
              lines.end() - static_cast<std::ptrdiff_t>(std::min(kLinesShown, lines.size())));
  for (std::string& line : lines) {
    absl::StripAsciiWhitespace(&line);
  }
  return lines.empty() ? std::string() : absl::StrCat("; it said: ", absl::StrJoin(lines, " | "));
}

bool StartedEngine::Serves(const EngineConfig& config, const EngineDemand& demand) const {
  return config.kind == config_.kind && config.command == config_.command &&
         demand.build == demand_.build && WayOf(config, demand) == way_;
}

absl::StatusOr<EngineIdentity> StartedEngine::Identify() {
  if (process_->exit()) {
    return Ended();
  }
  return world_.interruption.Identify(*backend_);
}

std::optional<int> StartedEngine::WorkingProcess() const {
  const ProcessTable table;
  const std::set<int> family = FamilyOf(table.Processes(), {process_->pid()});
  return table.Listens(family, port_) ? std::optional(process_->pid()) : std::nullopt;
}

void StartedEngine::Kill() {
  process_->Terminate(milliseconds(0));
}

absl::StatusOr<int> FreeLoopbackPort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = socket >= 0 &&
                     ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int error = errno;
  if (socket >= 0) {
    ::close(socket);
  }
  if (!bound) {
    return absl::UnavailableError(
        absl::StrFormat("no free port on this host: %s", std::strerror(error)));
  }
  return ntohs(address.sin_port);
}

}  // namespace wattfleet::agent
