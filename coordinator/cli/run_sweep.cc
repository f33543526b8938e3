#include "coordinator/cli/run_sweep.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

#include "common/config/load.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"
#include "coordinator/cli/agent_file.h"
#include "coordinator/cli/follow_sweep.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/local_fleet.h"
#include "coordinator/cli/prepare_sweep.h"
#include "coordinator/cli/progress_text.h"
#include "coordinator/cli/stored_fleet_client.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

// A sweep that nobody can go on with for this long will not go on by itself.
constexpr std::chrono::seconds kBlockedPatience{60};

absl::StatusOr<std::vector<std::string>> AgentFiles(const RunOptions& options,
                                                    const SweepFile& file) {
  if (!options.agent_files.empty()) {
    return options.agent_files;
  }
  const std::string folder = options.data_directory + "/run";
  const std::string path = folder + "/agent.yaml";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream out(path, std::ios::binary);
  out << "# Written by `wattfleet run`, which was given no --agent.\n" << AgentFileFor(file);
  if (!out.flush()) {
    return absl::UnavailableError(absl::StrFormat("cannot write %s", path));
  }
  return std::vector<std::string>{path};
}

absl::Status Submit(FleetClient& fleet, const SweepFile& file) {
  const absl::StatusOr<SubmitOutcome> outcome =
      fleet.Submit(ResolvedSweep(file), Unserved::kRefuse);
  if (!outcome.ok()) {
    const bool is_unserved = absl::StartsWith(outcome.status().message(), "UNSATISFIABLE");
    return is_unserved ? absl::UnavailableError(outcome.status().message()) : outcome.status();
  }
  WF_ASSIGN_OR_RETURN(const FleetProgress progress, fleet.Status(file.sweep));
  if (progress.sweeps.front().state == "paused") {
    return fleet.Command(file.sweep, SweepCommand::kResume).status();
  }
  if (progress.sweeps.front().state == "blocked" && file.judge) {
    return fleet.Command(file.sweep, SweepCommand::kResumeJudge).status();
  }
  return absl::OkStatus();
}

absl::StatusOr<RunOutcome> Drive(const RunOptions& options, const SweepFile& file) {
  const SystemClock clock;
  Interrupt interrupt;
  WF_ASSIGN_OR_RETURN(const std::string said, PrepareWorkload(file, options.data_directory));
  std::fputs(said.c_str(), stderr);
  WF_ASSIGN_OR_RETURN(std::vector<std::string> agents, AgentFiles(options, file));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<LocalFleet> fleet,
                      LocalFleet::Start({.data_directory = options.data_directory,
                                         .agent_files = std::move(agents)},
                                        interrupt, clock));
  WF_RETURN_IF_ERROR(Submit(fleet->client(), file));
  std::optional<MonotonicTime> blocked_since;
  const auto attend = [&](const SweepProgress& sweep) -> absl::Status {
    if (sweep.state != "blocked") {
      blocked_since.reset();
    } else if (!blocked_since) {
      blocked_since = clock.MonotonicNow();
    } else if (clock.MonotonicNow() - *blocked_since > kBlockedPatience) {
      return absl::UnavailableError(
          absl::StrFormat("sweep %s is blocked: %s", sweep.name, sweep.reason));
    }
    return fleet->Attend();
  };
  RunOutcome outcome{.sweep = file.sweep, .state = {}, .report = {}};
  WF_ASSIGN_OR_RETURN(outcome.state,
                      FollowSweep(fleet->client(), file.sweep, interrupt, clock, attend));
  WF_ASSIGN_OR_RETURN(outcome.report, fleet->client().Report(options.report));
  return outcome;
}

}  // namespace

absl::StatusOr<RunOutcome> RunSweep(RunOptions options) {
  WF_ASSIGN_OR_RETURN(const SweepFile file, LoadSweepFile(options.sweep_path));
  WF_RETURN_IF_ERROR(Annotate(CheckFilesExist(file), options.sweep_path));
  for (const std::string& path : options.agent_files) {
    // What its keys say is the agent's to judge.
    WF_RETURN_IF_ERROR(config::LoadFile(path).status());
  }
  options.report.sweep = file.sweep;
  WF_ASSIGN_OR_RETURN(const std::optional<std::string> state,
                      StoredState(file, options.data_directory));
  if (state == "cancelled") {
    return absl::FailedPreconditionError(
        absl::StrFormat("sweep %s was cancelled; give the new one another name", file.sweep));
  }
  if (!state || !HasEnded(*state)) {
    return Drive(options, file);
  }
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<FleetClient> stored,
                      OpenStoredFleet(options.data_directory));
  RunOutcome outcome{.sweep = file.sweep, .state = *state, .report = {}};
  WF_ASSIGN_OR_RETURN(outcome.report, stored->Report(options.report));
  return outcome;
}

}  // namespace wattfleet::coordinator
