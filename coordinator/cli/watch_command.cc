#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include <CLI/CLI.hpp>

#include "common/time/system_clock.h"
#include "coordinator/cli/commands.h"
#include "coordinator/cli/follow_sweep.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct WatchFlags {
  FleetPlace place;
  std::string sweep;
};

ExitCode Watch(const WatchFlags& flags) {
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const SystemClock clock;
  Interrupt interrupt;
  const auto state = FollowSweep(**fleet, flags.sweep, interrupt, clock,
                                 [](const SweepProgress&) { return absl::OkStatus(); });
  if (!state.ok()) {
    return Fail(state.status());
  }
  std::printf("%s: %s; see `wattfleet report %s`\n", flags.sweep.c_str(), state->c_str(),
              flags.sweep.c_str());
  return ExitCode::kDone;
}

}  // namespace

void AddWatchCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<WatchFlags>();
  CLI::App* command = app.add_subcommand(
      "watch", "show a sweep's progress until it ends; Ctrl-C only stops looking");
  command->add_option("sweep", flags->sweep, "its name")->required();
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return Watch(*flags); }; });
}

}  // namespace wattfleet::coordinator
