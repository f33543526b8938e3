#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct CompareFlags {
  FleetPlace place;
  CompareStoredRequest request;
};

ExitCode PrintComparison(const CompareFlags& flags) {
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const auto text = (*fleet)->Compare(flags.request);
  if (!text.ok()) {
    return Fail(text.status());
  }
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddCompareCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<CompareFlags>();
  CLI::App* command =
      app.add_subcommand("compare", "two pairs or two sweeps side by side, and what else differs");
  command->add_option("a", flags->request.a, "SWEEP, or SWEEP:PAIR with a part of its name")
      ->required();
  command->add_option("b", flags->request.b, "likewise")->required();
  command
      ->add_option("--class", flags->request.energy_class,
                   "whose energy: paper, host, host-nodram or wall")
      ->capture_default_str();
  command->add_flag("--operating-points", flags->request.operating_points,
                    "instead, the condition of each side that takes least per correct answer");
  command->add_flag("--json", flags->request.as_json, "as JSON");
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return PrintComparison(*flags); }; });
}

}  // namespace wattfleet::coordinator
