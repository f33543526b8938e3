#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/store/fsck.h"

namespace wattfleet::coordinator {

namespace {

ExitCode Fsck(const std::string& data_directory) {
  const auto violations = RunFsck(data_directory);
  if (!violations.ok()) {
    return Fail(violations.status());
  }
  for (const FsckViolation& violation : *violations) {
    std::printf("%s: %s\n", violation.file.c_str(), violation.text.c_str());
  }
  if (violations->empty()) {
    std::printf("%s: clean\n", data_directory.c_str());
  }
  return violations->empty() ? ExitCode::kDone : ExitCode::kNotDone;
}

}  // namespace

void AddFsckCommand(CLI::App& app, Action& action) {
  const auto data = std::make_shared<std::string>(FleetPlace().data);
  CLI::App* command = app.add_subcommand("fsck", "check the invariants of what is stored");
  command->add_option("--data", *data, "data directory")->capture_default_str();
  command->callback([data, &action] { action = [data] { return Fsck(*data); }; });
}

}  // namespace wattfleet::coordinator
