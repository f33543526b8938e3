#ifndef WF_COORDINATOR_CLI_AGENT_FILE_H_
#define WF_COORDINATOR_CLI_AGENT_FILE_H_

#include <string>

#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// The agent's file for `run` without one: every engine and sensor found here, recordings, the APIs
// that the sweep names by URL; made-up answers only where the sweep asks for them.
std::string AgentFileFor(const SweepFile& file);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_AGENT_FILE_H_
