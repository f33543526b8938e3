#ifndef WF_AGENT_ENGINE_DISCOVER_ENGINES_H_
#define WF_AGENT_ENGINE_DISCOVER_ENGINES_H_

#include <string>
#include <vector>

#include "agent/engine/engine_supervisor.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Where an engine of some kind listens unless told otherwise.
struct CustomaryPlace {
  std::string kind;
  std::string url;
  std::string sign;  // a path that only this kind answers with 200
};

// 11434 ollama, 1234 lmstudio, 8080 llama-server, 8000 vllm.
const std::vector<CustomaryPlace>& CustomaryPlaces();

// The engines that answer at `places`. Blocks, a second at most where something listens that does
// not answer.
std::vector<EngineConfig> DiscoverEngines(const std::vector<CustomaryPlace>& places,
                                          const Clock& clock);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_DISCOVER_ENGINES_H_
