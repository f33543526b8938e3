#ifndef WF_AGENT_CORE_ENVIRONMENT_H_
#define WF_AGENT_CORE_ENVIRONMENT_H_

#include <string>

#include "agent/backend/inference_backend.h"
#include "agent/core/agent_settings.h"
#include "common/domain/fleet.h"
#include "common/domain/pair.h"
#include "common/domain/result.h"

namespace wattfleet::agent {

// Who would answer for this build: what a seal is compared with. Where the engine does not say its
// kind or quantization, the build does.
Seal SealOf(const EngineIdentity& identity, const Build& build);

// How the results of a lease are measured, as far as it shapes figures.
struct MeasuringRules {
  QueryGuard guard;             // of isolated pairs
  bool watches_others = false;  // other programs' use of the machine is known
  // What tells that a device has settled under load: "power", "power and temperature"; empty where
  // no sensor sees a device.
  std::string steady_by;
};

// Under what results of this lease are made: canonical JSON, keys sorted, nothing that changes from
// result to result.
Environment DescribeEnvironment(const AgentSettings& settings, const InstanceOffer& instance,
                                const PairSpec& pair, const EngineIdentity& identity,
                                const MeasuringRules& rules = {});

// "sealed ollama sha256:1 q4, here ollama sha256:2 q4".
std::string MismatchText(const Seal& sealed, const Seal& here);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_ENVIRONMENT_H_
