#include "coordinator/cli/local_fleet.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/config/load.h"
#include "common/status/status_macros.h"
#include "coordinator/cli/grpc_fleet_client.h"
#include "coordinator/store/data_directory.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::seconds kStartPatience{60};
constexpr std::chrono::seconds kStopPatience{20};
constexpr int kMostRestarts = 20;

// Whether an agent's file gives a name. What is wrong with the file, the agent says.
bool HasName(const std::string& agent_file) {
  const auto document = config::LoadFile(agent_file);
  return document.ok() &&
         std::any_of(document->root.entries.begin(), document->root.entries.end(),
                     [](const config::Entry& entry) { return entry.key.text == "name"; });
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  // A line without its end is still being written.
  return std::getline(file, line) && !file.eof() ? line : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalFleet>> LocalFleet::Start(Options options, Interrupt& interrupt,
                                                              const Clock& clock) {
  std::unique_ptr<LocalFleet> fleet(new LocalFleet(std::move(options), interrupt, clock));
  WF_RETURN_IF_ERROR(fleet->StartCoordinator());
  WF_RETURN_IF_ERROR(fleet->StartAgents());
  WF_RETURN_IF_ERROR(fleet->WaitForAgents());
  return fleet;
}

absl::Status LocalFleet::Launch(std::string what, std::vector<std::string> argv) {
  std::string log_path = absl::StrCat(
      options_.data_directory, "/run/",
      members_.empty() ? "coordinator" : absl::StrCat("agent-", members_.size()), ".log");
  WF_ASSIGN_OR_RETURN(ChildProgram program, ChildProgram::Start(argv, log_path));
  members_.push_back({.what = std::move(what),
                      .argv = std::move(argv),
                      .log_path = std::move(log_path),
                      .program = std::move(program)});
  return absl::OkStatus();
}

// What a program that ended by itself said last.
absl::Status LocalFleet::Refusal(Member& member) {
  return absl::FailedPreconditionError(absl::StrFormat("%s %s: %s; see %s", member.what,
                                                       member.program.Poll()->Text(),
                                                       member.program.LastLine(), member.log_path));
}

absl::Status LocalFleet::StartCoordinator() {
  const std::string address_path = options_.data_directory + "/coordinator.address";
  // Whoever else works on the directory is named here, before anything of theirs is touched.
  WF_RETURN_IF_ERROR(DataDirectoryLock::Acquire(options_.data_directory).status());
  std::error_code error;
  std::filesystem::create_directories(options_.data_directory + "/run", error);
  std::filesystem::remove(address_path, error);
  WF_ASSIGN_OR_RETURN(const std::string program, FindProgram("wattfleet-coordinator"));
  WF_RETURN_IF_ERROR(Launch("the coordinator", {program, "--data", options_.data_directory,
                                                "--listen", "127.0.0.1:0", "--insecure-loopback"}));
  const MonotonicTime deadline = clock_.MonotonicNow() + kStartPatience;
  while ((address_ = FirstLine(address_path)).empty()) {
    if (members_.front().program.Poll()) {
      return Refusal(members_.front());
    }
    if (clock_.MonotonicNow() > deadline) {
      return absl::UnavailableError(
          absl::StrFormat("the coordinator does not come up; see %s", members_.front().log_path));
    }
    if (interrupt_.WaitFor(kLookEvery)) {
      return absl::CancelledError("interrupted");
    }
  }
  // Started again, it must be found where the agents look for it.
  auto& argv = members_.front().argv;
  *std::find(argv.begin(), argv.end(), "127.0.0.1:0") = address_;
  WF_ASSIGN_OR_RETURN(client_, ConnectFleet(address_, kStartPatience));
  return absl::OkStatus();
}

absl::Status LocalFleet::StartAgents() {
  WF_ASSIGN_OR_RETURN(const std::string program, FindProgram("wattfleet-agent"));
  for (const std::string& file : options_.agent_files) {
    const std::string name = std::filesystem::path(file).filename().string();
    const std::size_t number = members_.size();
    std::vector<std::string> argv = {
        program,
        "--config",
        file,
        "--insecure-loopback",
        "--coordinator",
        address_,
        "--spool",
        absl::StrFormat("%s/run/spool-%d", options_.data_directory, number)};
    // Agents of one fleet have different names; without one they are called after the host.
    if (number > 1 && !HasName(file)) {
      argv.insert(argv.end(), {"--name", absl::StrCat("agent-", number)});
    }
    WF_RETURN_IF_ERROR(Launch(absl::StrCat("agent ", name), std::move(argv)));
  }
  return absl::OkStatus();
}

absl::Status LocalFleet::WaitForAgents() {
  const MonotonicTime deadline = clock_.MonotonicNow() + kStartPatience;
  while (true) {
    for (Member& member : members_) {
      if (member.program.Poll()) {
        return Refusal(member);
      }
    }
    WF_ASSIGN_OR_RETURN(const std::vector<AgentSummary> agents, client_->Agents());
    const auto live = std::count_if(agents.begin(), agents.end(), [](const AgentSummary& agent) {
      return agent.state == "live";
    });
    if (static_cast<std::size_t>(live) >= options_.agent_files.size()) {
      return absl::OkStatus();
    }
    if (clock_.MonotonicNow() > deadline) {
      return absl::UnavailableError(absl::StrFormat(
          "%d of %d agents connected; do two of them have the same name? see %s/run", live,
          options_.agent_files.size(), options_.data_directory));
    }
    if (interrupt_.WaitFor(kLookEvery)) {
      return absl::CancelledError("interrupted");
    }
  }
}

absl::Status LocalFleet::Attend() {
  for (Member& member : members_) {
    const std::optional<ProgramEnd>& end = member.program.Poll();
    if (!end) {
      continue;
    }
    if (++member.restarts > kMostRestarts || end->exit_code == 2) {
      return absl::UnavailableError(Refusal(member).message());
    }
    WF_ASSIGN_OR_RETURN(member.program, ChildProgram::Start(member.argv, member.log_path));
  }
  return absl::OkStatus();
}

LocalFleet::~LocalFleet() {
  const auto stop = [](auto first, auto last) {
    std::for_each(first, last, [](Member& member) { member.program.Terminate(); });
    std::for_each(first, last, [](Member& member) { member.program.WaitFor(kStopPatience); });
  };
  if (!members_.empty()) {
    stop(members_.begin() + 1, members_.end());
    // A coordinator waits for its clients to hang up.
    client_.reset();
    stop(members_.begin(), members_.begin() + 1);
  }
}

}  // namespace wattfleet::coordinator
