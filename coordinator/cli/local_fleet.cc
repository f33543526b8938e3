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
#include "coordinator/cli/own_program.h"
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
  const std::string name =
      members_.empty() ? "coordinator" : absl::StrCat("agent-", members_.size());
  Member member{.what = std::move(what),
                .spec = {.argv = std::move(argv),
                         .log_path = absl::StrCat(options_.data_directory, "/run/", name, ".log")}};
  WF_ASSIGN_OR_RETURN(member.process, launcher_.Launch(member.spec));
  members_.push_back(std::move(member));
  return absl::OkStatus();
}

absl::Status LocalFleet::Refusal(const Member& member) {
  member.process->WaitForExit(kStopPatience);  // for the end of its output
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s %s: %s; see %s", member.what, ExitText(member.process->exit().value_or(ProcessExit{})),
      LastLine(member.process->OutputTail()), member.spec.log_path));
}

absl::Status LocalFleet::StartCoordinator() {
  const std::string address_path = options_.data_directory + "/coordinator.address";
  // Whoever else works on the directory is named here, before anything of theirs is touched.
  WF_RETURN_IF_ERROR(DataDirectoryLock::Acquire(options_.data_directory).status());
  std::error_code error;
  std::filesystem::create_directories(options_.data_directory + "/run", error);
  std::filesystem::remove(address_path, error);
  WF_RETURN_IF_ERROR(Launch("the coordinator",
                            {OwnProgram("wattfleet-coordinator"), "--data", options_.data_directory,
                             "--listen", "127.0.0.1:0", "--insecure-loopback"}));
  const MonotonicTime deadline = clock_.MonotonicNow() + kStartPatience;
  while ((address_ = FirstLine(address_path)).empty()) {
    if (members_.front().process->exit()) {
      return Refusal(members_.front());
    }
    if (clock_.MonotonicNow() > deadline) {
      return absl::UnavailableError(absl::StrFormat("the coordinator does not come up; see %s",
                                                    members_.front().spec.log_path));
    }
    if (interrupt_.WaitFor(kLookEvery)) {
      return absl::CancelledError("interrupted");
    }
  }
  // Started again, it must be found where the agents look for it.
  auto& argv = members_.front().spec.argv;
  *std::find(argv.begin(), argv.end(), "127.0.0.1:0") = address_;
  WF_ASSIGN_OR_RETURN(client_, ConnectFleet(address_, kStartPatience));
  return absl::OkStatus();
}

absl::Status LocalFleet::StartAgents() {
  const std::string program = OwnProgram("wattfleet-agent");
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
      if (member.process->exit()) {
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
    const std::optional<ProcessExit> exit = member.process->exit();
    if (!exit) {
      continue;
    }
    if (++member.restarts > kMostRestarts || exit->code == 2) {
      return absl::UnavailableError(Refusal(member).message());
    }
    WF_ASSIGN_OR_RETURN(member.process, launcher_.Launch(member.spec));
  }
  return absl::OkStatus();
}

LocalFleet::~LocalFleet() {
  while (members_.size() > 1) {
    members_.back().process->Terminate(kStopPatience);
    members_.pop_back();
  }
  // A coordinator waits for its clients to hang up.
  client_.reset();
  if (!members_.empty()) {
    members_.front().process->Terminate(kStopPatience);
  }
}

}  // namespace wattfleet::coordinator
