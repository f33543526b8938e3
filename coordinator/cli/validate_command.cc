#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <CLI/CLI.hpp>

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

absl::Status Validate(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const SweepFile file, LoadSweepFile(path));
  WF_RETURN_IF_ERROR(Annotate(CheckFilesExist(file), path));
  std::printf("%s: ok: sweep %s, %zu model%s on %s\n", path.c_str(), file.sweep.c_str(),
              file.models.size(), file.models.size() == 1 ? "" : "s", file.workload.name.c_str());
  return absl::OkStatus();
}

ExitCode ValidateAll(const std::vector<std::string>& paths) {
  ExitCode code = ExitCode::kDone;
  for (const std::string& path : paths) {
    if (const absl::Status status = Validate(path); !status.ok()) {
      code = Fail(status);
    }
  }
  return code;
}

}  // namespace

void AddValidateCommand(CLI::App& app, Action& action) {
  const auto paths = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("validate", "check sweep files without running them");
  command->add_option("files", *paths, "sweep files")->required();
  command->callback([paths, &action] { action = [paths] { return ValidateAll(*paths); }; });
}

}  // namespace wattfleet::coordinator
