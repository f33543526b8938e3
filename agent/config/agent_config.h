#ifndef WF_AGENT_CONFIG_AGENT_CONFIG_H_
#define WF_AGENT_CONFIG_AGENT_CONFIG_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/drive/warm_up.h"
#include "agent/energy/baseline_options.h"
#include "agent/engine/engine_supervisor.h"
#include "agent/power/power_config.h"
#include "common/domain/pair.h"

namespace wattfleet::agent {

// One instance as the user names it, in place of what discovery would find.
struct AcceleratorEntry {
  std::string id;  // "nvidia-h200"
  std::vector<std::string>
      devices;  // ids of the devices that form it; empty = the host's processor
  Location location = Location::kLocal;
};

// Whether and where the agent serves energy.EnergyMonitor.
struct MonitorEntry {
  std::string listen;  // a loopback address with its port; empty = not at all
  std::chrono::milliseconds interval{50};
};

// Idle time between queries of isolated pairs where a sensor sees their devices; see docs.
struct GuardSettings {
  std::optional<std::chrono::milliseconds> pause;  // absent: twice the slowest sensor's update
  std::chrono::milliseconds skip_above{5'000};     // longer queries need none
};

// agent.yaml, parsed: every default filled in, paths absolute.
struct AgentConfig {
  std::string coordinator = "127.0.0.1:7443";
  std::string name;  // the host's name unless given
  bool discover_accelerators = true;
  std::vector<AcceleratorEntry> accelerators;
  bool discover_engines = true;
  std::vector<EngineConfig> engines;
  PowerConfig power;
  BaselineOptions baseline;
  MonitorEntry monitor;
  WarmUpOptions warm_up;
  GuardSettings guard;
  std::string spool_directory;
  std::int64_t spool_limit_bytes = std::int64_t{8} << 30;
};

// Reads agent.yaml; ${VAR} expands, relative paths are taken from the file's own folder.
// INVALID_ARGUMENT as "file:line:column: message"; NOT_FOUND when there is no such file.
absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path);

// Likewise from text; `origin` is its name in messages, `directory` where relative paths begin.
absl::StatusOr<AgentConfig> ParseAgentConfig(const std::string& text, const std::string& origin,
                                             const std::string& directory);

// What an agent without a file does: everything found on this machine.
AgentConfig DefaultAgentConfig();

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CONFIG_AGENT_CONFIG_H_
