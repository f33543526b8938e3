#ifndef WF_AGENT_CLI_COMMAND_LINE_H_
#define WF_AGENT_CLI_COMMAND_LINE_H_

#include <string>

namespace wattfleet::agent {

// Does what the command line of wattfleet-agent says, and returns its exit code: 0 done, 1 it could
// not go on (a new start may mend it) or the sensors are not to be trusted, 2 what it was told is
// wrong, 130 interrupted. Errors are one line on stderr.
int RunCommandLine(int argc, char** argv, const std::string& version);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_COMMAND_LINE_H_
