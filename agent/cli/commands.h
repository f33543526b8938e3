#ifndef WF_AGENT_CLI_COMMANDS_H_
#define WF_AGENT_CLI_COMMANDS_H_

#include <csignal>
#include <cstdio>

#include "absl/status/status.h"

#include "agent/config/agent_config.h"

namespace wattfleet::agent {

// Prints what this machine can measure and run, and what would mend each lack.
absl::Status DoctorCommand(const AgentConfig& config, std::FILE* out);

// Prints the watts of every channel once a second, `seconds` times (0: until a signal of `stop`,
// which every thread blocks, comes).
absl::Status MeterCommand(const AgentConfig& config, int seconds, const sigset_t& stop,
                          std::FILE* out);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_COMMANDS_H_
