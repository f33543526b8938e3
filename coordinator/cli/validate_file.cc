#include "coordinator/cli/validate_file.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

#include "common/config/load.h"
#include "common/process/posix_process_launcher.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/cli/own_program.h"
#include "coordinator/config/coordinator_yaml.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

bool HasKeyOf(const config::Document& document, std::initializer_list<std::string_view> keys) {
  const auto& entries = document.root.entries;
  return std::any_of(entries.begin(), entries.end(), [&](const config::Entry& entry) {
    return std::find(keys.begin(), keys.end(), entry.key.text) != keys.end();
  });
}

absl::StatusOr<std::string> ValidateSweep(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const SweepFile file, LoadSweepFile(path));
  WF_RETURN_IF_ERROR(Annotate(CheckFilesExist(file), path));
  return absl::StrFormat("sweep %s, %d model%s on %s", file.sweep, file.models.size(),
                         file.models.size() == 1 ? "" : "s", file.workload.name);
}

// Only the agent knows its file: it is asked to look at this machine as the file says.
absl::StatusOr<std::string> ValidateAgent(const std::string& path) {
  constexpr std::chrono::minutes kPatience{1};
  PosixProcessLauncher launcher;
  WF_ASSIGN_OR_RETURN(
      const std::unique_ptr<ChildProcess> agent,
      launcher.Launch({.argv = {OwnProgram("wattfleet-agent"), "--config", path, "doctor"}}));
  if (!agent->WaitForExit(kPatience)) {
    return absl::UnavailableError(absl::StrFormat("%s: the agent does not answer", path));
  }
  if (agent->exit()->code == 0) {
    return std::string("an agent's file");
  }
  const std::string said = LastLine(agent->OutputTail());
  return absl::InvalidArgumentError(absl::StripPrefix(said, "wattfleet-agent: "));
}

}  // namespace

absl::StatusOr<std::string> ValidateFile(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const config::Document document, config::LoadFile(path));
  if (HasKeyOf(document, {"sweep", "workload", "models"})) {
    return ValidateSweep(path);
  }
  if (HasKeyOf(document, {"data", "listen", "insecure_loopback"})) {
    WF_RETURN_IF_ERROR(LoadCoordinatorFile(path).status());
    return std::string("a coordinator's file");
  }
  if (HasKeyOf(document, {"engines", "power", "spool", "coordinator", "work_when"})) {
    return ValidateAgent(path);
  }
  return ValidateSweep(path);
}

}  // namespace wattfleet::coordinator
