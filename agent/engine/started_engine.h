#ifndef WF_AGENT_ENGINE_STARTED_ENGINE_H_
#define WF_AGENT_ENGINE_STARTED_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/backend/inference_backend.h"
#include "agent/engine/engine_supervisor.h"
#include "agent/engine/interruption.h"
#include "common/domain/pair.h"
#include "common/process/process_launcher.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// How much an engine is to be started for.
struct EngineDemand {
  Build build;
  std::int32_t concurrency = 1;
  std::optional<std::int64_t> context_tokens;
};

// The world of engines that are started here. All of it outlives them.
struct EngineWorld {
  const Clock& clock;
  ProcessLauncher& launcher;
  Interruption& interruption;
};

// A server that we started by the command of an `engines:` entry. The destructor stops it.
class StartedEngine {
 public:
  // Starts it on a free port and waits until it says that it has the model. UNAVAILABLE: it ended
  // or was not ready in time, with the last lines it printed; NOT_FOUND: no such program, or it is
  // up without the model; INVALID_ARGUMENT: the command; CANCELLED.
  static absl::StatusOr<std::unique_ptr<StartedEngine>> Start(const EngineConfig& config,
                                                              const EngineDemand& demand,
                                                              const EngineWorld& world);
  ~StartedEngine();
  StartedEngine(const StartedEngine&) = delete;
  StartedEngine& operator=(const StartedEngine&) = delete;

  // Whether it would be started in the same way for `demand`.
  bool Serves(const EngineConfig& config, const EngineDemand& demand) const;
  // Who answers now. UNAVAILABLE when it has ended.
  absl::StatusOr<EngineIdentity> Identify();
  const std::shared_ptr<InferenceBackend>& backend() const { return backend_; }
  // The process that we started, where one of it and its children listens on the engine's port.
  std::optional<int> WorkingProcess() const;
  // Kills it, without the time that an engine in good order gets to end.
  void Kill();

 private:
  StartedEngine(const EngineConfig& config, const EngineDemand& demand, const EngineWorld& world);
  absl::Status Launch();
  absl::Status AwaitReady();
  absl::Status Ended() const;
  std::string Said() const;

  const EngineConfig config_;
  const EngineDemand demand_;
  const EngineWorld world_;
  std::string way_;  // the command as it was expanded, but for the port
  std::unique_ptr<ChildProcess> process_;
  int port_ = 0;
  std::shared_ptr<InferenceBackend> backend_;
};

// A loopback port that nobody uses at the moment. UNAVAILABLE.
absl::StatusOr<int> FreeLoopbackPort();

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_STARTED_ENGINE_H_
