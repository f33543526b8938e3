#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct ShowFlags {
  FleetPlace place;
  ShowRequest request;
};

ExitCode PrintResult(const ShowFlags& flags) {
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const auto text = (*fleet)->Show(flags.request);
  if (!text.ok()) {
    return Fail(text.status());
  }
  std::fputs(text->c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddShowCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ShowFlags>();
  CLI::App* command =
      app.add_subcommand("show", "one result: prompt, answer, verdict, timeline, power, audit");
  command->add_option("sweep", flags->request.sweep, "its name")->required();
  command->add_option("pair", flags->request.pair, "its name, or a part that only it has")
      ->required();
  command->add_option("query", flags->request.query, "its id in the workload")->required();
  command->add_option("--repetition", flags->request.repetition, "which, from 0")
      ->capture_default_str();
  command->add_flag("--json", flags->request.as_json, "as JSON");
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return PrintResult(*flags); }; });
}

}  // namespace wattfleet::coordinator
