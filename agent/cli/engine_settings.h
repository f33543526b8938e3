#ifndef WF_AGENT_CLI_ENGINE_SETTINGS_H_
#define WF_AGENT_CLI_ENGINE_SETTINGS_H_

#include "agent/config/agent_config.h"
#include "agent/engine/local_engine_supervisor.h"

namespace wattfleet::agent {

// The engines that the agent's file lists and, unless it says otherwise, those at the places where
// engines customarily listen.
inline EngineSettings EngineSettingsOf(const AgentConfig& config) {
  EngineSettings settings{.engines = config.engines};
  if (config.discover_engines) {
    settings.discover = CustomaryPlaces();
  }
  return settings;
}

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_ENGINE_SETTINGS_H_
