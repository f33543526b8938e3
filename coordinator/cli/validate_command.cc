#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/cli/validate_file.h"

namespace wattfleet::coordinator {

namespace {

ExitCode ValidateAll(const std::vector<std::string>& paths) {
  ExitCode code = ExitCode::kDone;
  for (const std::string& path : paths) {
    const absl::StatusOr<std::string> what = ValidateFile(path);
    if (what.ok()) {
      std::printf("%s: ok: %s\n", path.c_str(), what->c_str());
    } else {
      code = Fail(what.status());
    }
  }
  return code;
}

}  // namespace

void AddValidateCommand(CLI::App& app, Action& action) {
  const auto paths = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("validate", "check files without running them");
  command->add_option("files", *paths, "sweeps', agents' and coordinators' files")->required();
  command->callback([paths, &action] { action = [paths] { return ValidateAll(*paths); }; });
}

}  // namespace wattfleet::coordinator
