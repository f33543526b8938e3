#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/listing.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct StatusFlags {
  FleetPlace place;
  std::string sweep;
  bool json = false;
};

ExitCode Status(const StatusFlags& flags) {
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const auto progress = (*fleet)->Status(flags.sweep);
  if (!progress.ok()) {
    return Fail(progress.status());
  }
  const std::string text =
      flags.json ? StatusJson(*progress) : StatusText(*progress, (*fleet)->place());
  std::fputs(text.c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddStatusCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<StatusFlags>();
  CLI::App* command = app.add_subcommand("status", "sweeps, their pairs, and what happened");
  command->add_option("sweep", flags->sweep, "only this one");
  command->add_flag("--json", flags->json, "for programs");
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return Status(*flags); }; });
}

}  // namespace wattfleet::coordinator
