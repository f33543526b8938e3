#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "common/status/status_macros.h"
#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/cli/prepare_sweep.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

struct SubmitFlags {
  FleetPlace place;
  std::string path;
};

absl::StatusOr<SubmitOutcome> SubmitFile(const SubmitFlags& flags) {
  WF_ASSIGN_OR_RETURN(const SweepFile file, LoadSweepFile(flags.path));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<FleetClient> fleet, OpenFleet(flags.place));
  // The workload of a coordinator elsewhere was imported there.
  if (flags.place.coordinator.empty() && !file.workload.path.empty()) {
    WF_ASSIGN_OR_RETURN(const std::string said, PrepareWorkload(file, flags.place.data));
    std::fputs(said.c_str(), stdout);
  }
  return fleet->Submit(ResolvedSweep(file), Unserved::kWait);
}

ExitCode Submit(const SubmitFlags& flags) {
  const auto outcome = SubmitFile(flags);
  if (!outcome.ok()) {
    return Fail(outcome.status());
  }
  std::printf("%s\n", outcome->resumed    ? "the sweep was there already: resumed"
                      : outcome->extended ? "the sweep was there already: extended"
                                          : "submitted");
  for (const std::string& note : outcome->notes) {
    std::printf("%s\n", note.c_str());
  }
  return ExitCode::kDone;
}

}  // namespace

void AddSubmitCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<SubmitFlags>();
  CLI::App* command = app.add_subcommand("submit", "give a sweep to a running coordinator");
  command->add_option("file", flags->path, "sweep file")->required();
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return Submit(*flags); }; });
}

}  // namespace wattfleet::coordinator
