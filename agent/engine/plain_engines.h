#ifndef WF_AGENT_ENGINE_PLAIN_ENGINES_H_
#define WF_AGENT_ENGINE_PLAIN_ENGINES_H_

#include <string>
#include <vector>

#include "agent/engine/engine_supervisor.h"
#include "common/task/task_runner.h"
#include "common/task/thread_task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Engines that need no process of ours: recordings, made-up answers, and servers that run already.
class PlainEngines final : public EngineSupervisor {
 public:
  // `runner` runs the callbacks; it and `clock` outlive this.
  PlainEngines(std::vector<EngineConfig> engines, TaskRunner& runner, const Clock& clock);

  void Offers(std::function<void(std::vector<EngineOffer>)> done) override;
  void Acquire(const std::string& instance, const Build& build, std::int32_t concurrency,
               std::optional<std::int64_t> context_tokens,
               std::function<void(absl::StatusOr<ReadyEngine>)> done) override;
  void Distrust(const std::string& instance) override;

 private:
  absl::StatusOr<ReadyEngine> Open(const Build& build) const;

  const std::vector<EngineConfig> engines_;
  TaskRunner& runner_;
  const Clock& clock_;
  ThreadTaskRunner opener_;  // Identify blocks
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_PLAIN_ENGINES_H_
