// wattfleet: the commands.

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <CLI/CLI.hpp>

#include "common/domain/nearest_name.h"
#include "coordinator/cli/commands.h"

namespace wattfleet::coordinator {
namespace {

void AddCommands(CLI::App& app, Action& action) {
  AddInitCommand(app, action);
  AddValidateCommand(app, action);
  AddImportCommand(app, action);
  AddRunCommand(app, action);
  AddSubmitCommand(app, action);
  AddStatusCommand(app, action);
  AddWatchCommand(app, action);
  AddSweepCommands(app, action);
  AddJudgeSampleCommand(app, action);
  AddRegradeCommand(app, action);
  AddReportCommand(app, action);
  AddRouteCommand(app, action);
  AddShowCommand(app, action);
  AddExportCommand(app, action);
  AddImportResultsCommand(app, action);
  AddReattributeCommand(app, action);
  AddCompareCommand(app, action);
  AddCompareGradersCommand(app, action);
  AddAgentsCommand(app, action);
  AddFsckCommand(app, action);
}

// What to add to the message about a command that does not exist.
std::string NearestCommand(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    if (names.back() == word) {
      return "";
    }
  }
  return absl::StrCat("no command \"", word, "\"; ", NearestText(word, names));
}

int Run(int argc, char** argv) {
  CLI::App app("Measures intelligence per watt over a fleet of accelerators.", "wattfleet");
  app.set_version_flag("--version", WF_VERSION);
  app.require_subcommand(1);
  app.footer("`wattfleet COMMAND --help` tells more.");
  Action action;
  AddCommands(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);  // --help, --version
    }
    const std::string word = argc > 1 ? argv[1] : "";
    const bool is_word = !word.empty() && word.front() != '-';
    const std::string nearest = is_word ? NearestCommand(app, word) : "";
    std::fprintf(stderr, "wattfleet: %s\n",
                 nearest.empty() ? absl::StrCat(error.what(), "; see `wattfleet --help`").c_str()
                                 : nearest.c_str());
    return static_cast<int>(ExitCode::kUserError);
  }
  return static_cast<int>(action());
}

}  // namespace
}  // namespace wattfleet::coordinator

int main(int argc, char** argv) {
  return wattfleet::coordinator::Run(argc, argv);
}
