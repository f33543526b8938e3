#ifndef WF_COORDINATOR_CLI_COMMANDS_H_
#define WF_COORDINATOR_CLI_COMMANDS_H_

#include <functional>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace wattfleet::coordinator {

// What the command line asked for, to be done once all of it has been read.
using Action = std::function<ExitCode()>;

// Each adds one command to `app`; the command that is given sets `action`. One file each.
void AddAgentsCommand(CLI::App& app, Action& action);
void AddCompareCommand(CLI::App& app, Action& action);
void AddCompareGradersCommand(CLI::App& app, Action& action);
void AddExportCommand(CLI::App& app, Action& action);
void AddFsckCommand(CLI::App& app, Action& action);
void AddImportCommand(CLI::App& app, Action& action);
void AddImportResultsCommand(CLI::App& app, Action& action);
void AddInitCommand(CLI::App& app, Action& action);
void AddReattributeCommand(CLI::App& app, Action& action);
void AddJudgeSampleCommand(CLI::App& app, Action& action);
void AddRegradeCommand(CLI::App& app, Action& action);
void AddReportCommand(CLI::App& app, Action& action);
void AddRouteCommand(CLI::App& app, Action& action);
void AddRunCommand(CLI::App& app, Action& action);
void AddShowCommand(CLI::App& app, Action& action);
void AddStatusCommand(CLI::App& app, Action& action);
void AddSubmitCommand(CLI::App& app, Action& action);
void AddSweepCommands(CLI::App& app, Action& action);  // pause, resume, cancel
void AddValidateCommand(CLI::App& app, Action& action);
void AddWatchCommand(CLI::App& app, Action& action);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_COMMANDS_H_
