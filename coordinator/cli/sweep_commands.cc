#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"

namespace wattfleet::coordinator {

namespace {

struct SweepFlags {
  FleetPlace place;
  std::string sweep;
  bool judge = false;  // with resume: blocked judging alone
};

ExitCode Do(const SweepFlags& flags, SweepCommand verb) {
  const SweepCommand command = flags.judge ? SweepCommand::kResumeJudge : verb;
  const auto fleet = OpenFleet(flags.place);
  if (!fleet.ok()) {
    return Fail(fleet.status());
  }
  const auto state = (*fleet)->Command(flags.sweep, command);
  if (!state.ok()) {
    return Fail(state.status());
  }
  std::printf("%s: %s\n", flags.sweep.c_str(), state->c_str());
  return ExitCode::kDone;
}

void Add(CLI::App& app, Action& action, SweepCommand verb, const char* name, const char* what) {
  const auto flags = std::make_shared<SweepFlags>();
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("sweep", flags->sweep, "its name")->required();
  if (verb == SweepCommand::kResume) {
    command->add_flag("--judge", flags->judge,
                      "only judging that a quota, a budget or a refused key has blocked");
  }
  AddPlaceOptions(*command, flags->place);
  command->callback(
      [flags, verb, &action] { action = [flags, verb] { return Do(*flags, verb); }; });
}

}  // namespace

void AddSweepCommands(CLI::App& app, Action& action) {
  Add(app, action, SweepCommand::kPause, "pause", "grant no more of a sweep's work");
  Add(app, action, SweepCommand::kResume, "resume", "go on with a paused sweep");
  Add(app, action, SweepCommand::kCancel, "cancel", "end a sweep; what it has stays");
}

}  // namespace wattfleet::coordinator
