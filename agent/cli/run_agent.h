#ifndef WF_AGENT_CLI_RUN_AGENT_H_
#define WF_AGENT_CLI_RUN_AGENT_H_

#include <csignal>
#include <string>

#include "absl/status/statusor.h"

#include "agent/config/agent_config.h"

namespace wattfleet::agent {

// Runs an agent until it has left its coordinator: on the first signal of `stop` (which every
// thread blocks) it shuts down in order, on the second at once. Returns the signal that ended it,
// or 0 when the coordinator asked for it.
// INVALID_ARGUMENT, NOT_FOUND: what the file or the command line says cannot be done here;
// FAILED_PRECONDITION: the spool is another's, or the coordinator refuses this agent for good.
absl::StatusOr<int> RunAgent(const AgentConfig& config, const std::string& version,
                             const sigset_t& stop);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_RUN_AGENT_H_
