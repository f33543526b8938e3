#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/listing.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct AgentsFlags {
  FleetPlace place;
  bool json = false;
};

ExitCode Agents(const AgentsFlags& flags) {
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const auto agents = (*fleet)->Agents();
  if (!agents.ok()) {
    return Fail(agents.status());
  }
  std::fputs((flags.json ? AgentsJson(*agents) : AgentsText(*agents)).c_str(), stdout);
  return ExitCode::kDone;
}

}  // namespace

void AddAgentsCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<AgentsFlags>();
  CLI::App* command = app.add_subcommand("agents", "the fleet: who is there, and what they do");
  command->add_flag("--json", flags->json, "for programs");
  AddPlaceOptions(*command, flags->place);
  command->callback([flags, &action] { action = [flags] { return Agents(*flags); }; });
}

}  // namespace wattfleet::coordinator
