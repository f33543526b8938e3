#ifndef WF_AGENT_ENGINE_INSTANCE_ENGINE_H_
#define WF_AGENT_ENGINE_INSTANCE_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/engine/engine_supervisor.h"
#include "agent/engine/interruption.h"
#include "agent/engine/started_engine.h"
#include "common/process/process_launcher.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// The engine of one instance: at most one that we started, or a client of one that runs already.
// Blocks; confined to one thread but for Interrupt.
class InstanceEngine {
 public:
  InstanceEngine(const Clock& clock, ProcessLauncher& launcher)
      : world_{.clock = clock, .launcher = launcher, .interruption = interruption_} {}

  // As EngineSupervisor::Acquire, over the entries of agent.yaml (and what discovery found).
  absl::StatusOr<ReadyEngine> Acquire(const std::vector<EngineConfig>& configs,
                                      const EngineDemand& demand);
  // Lets go of the engine; a started one is killed.
  void Drop();

  // Makes everything above end soon, with CANCELLED. Any thread.
  void Interrupt() { interruption_.Interrupt(); }

 private:
  absl::StatusOr<ReadyEngine> AcquireFrom(const EngineConfig& config, const EngineDemand& demand);
  absl::StatusOr<ReadyEngine> AcquireStarted(const EngineConfig& config,
                                             const EngineDemand& demand);
  absl::StatusOr<ReadyEngine> AcquireRunning(const EngineConfig& config,
                                             const EngineDemand& demand);

  // The client of an engine that we did not start, kept while the same is asked for.
  struct Client {
    std::string url;
    Build build;
    std::shared_ptr<InferenceBackend> backend;
  };

  Interruption interruption_;
  const EngineWorld world_;
  std::unique_ptr<StartedEngine> started_;
  Client client_;
};

// The API key of an engine: from the entry's file; from the build's, where the build says the URL;
// else, for kind openai alone, from the environment's OPENAI_API_KEY. Empty: none is said.
// NOT_FOUND names the file.
absl::StatusOr<std::string> ApiKeyFor(const EngineConfig& config, const Build& build);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_INSTANCE_ENGINE_H_
