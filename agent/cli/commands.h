#ifndef WF_AGENT_CLI_COMMANDS_H_
#define WF_AGENT_CLI_COMMANDS_H_

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/config/agent_config.h"

namespace wattfleet::agent {

// Where a command prints, and the signals that end it, which every thread blocks.
struct CommandContext {
  std::FILE* out = stdout;
  sigset_t stop{};
  bool json = false;
};

struct DoctorFlags {
  bool quick = false;  // no self-test
  std::chrono::seconds phase{5};
};

// Says what this machine can measure and run, what would mend each lack, and whether its sensors
// tell load from idle. Returns the exit code.
absl::StatusOr<int> DoctorCommand(const AgentConfig& config, const DoctorFlags& flags,
                                  const CommandContext& context);

// Prints the watts of every channel, and of each class where no parts overlap, once a second,
// `seconds` times; 0: until a signal comes.
absl::Status MeterCommand(const AgentConfig& config, int seconds, const CommandContext& context);

// Serves energy.EnergyMonitor at `listen` (empty: where the file says, else 127.0.0.1:50053) until
// a signal comes, without a coordinator. Prints the address and the platform.
absl::Status MonitorCommand(AgentConfig config, const std::string& listen,
                            const CommandContext& context);

// Writes the raw readings of every source to a new file, for `seconds` (0: until a signal comes).
absl::Status RecordCommand(const AgentConfig& config, const std::string& path, int seconds,
                           const CommandContext& context);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_COMMANDS_H_
