#ifndef WF_AGENT_ENGINE_LOCAL_ENGINE_SUPERVISOR_H_
#define WF_AGENT_ENGINE_LOCAL_ENGINE_SUPERVISOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/engine/discover_engines.h"
#include "agent/engine/engine_supervisor.h"
#include "agent/engine/instance_engine.h"
#include "common/process/process_launcher.h"
#include "common/task/task_runner.h"
#include "common/task/thread_task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct EngineSettings {
  std::vector<EngineConfig> engines;
  std::vector<CustomaryPlace> discover;  // looked at with every Offers
};

// The engines that this host reaches: recordings, made-up answers, servers that run already, and
// servers started by command. Each instance has a thread of its own for what blocks, so that one
// slow start does not hold up the others. The destructor stops the engines that were started; those
// that ran already are left alone.
class LocalEngineSupervisor final : public EngineSupervisor {
 public:
  // `runner` runs the callbacks; it, `clock` and `launcher` outlive this.
  LocalEngineSupervisor(EngineSettings settings, TaskRunner& runner, const Clock& clock,
                        ProcessLauncher& launcher);
  ~LocalEngineSupervisor() override;

  void Offers(std::function<void(std::vector<EngineOffer>)> done) override;
  void Acquire(const std::string& instance, const Build& build, std::int32_t concurrency,
               std::optional<std::int64_t> context_tokens,
               std::function<void(absl::StatusOr<ReadyEngine>)> done) override;
  void Distrust(const std::string& instance) override;

 private:
  struct Instance;

  Instance& InstanceNamed(const std::string& name);
  std::vector<EngineConfig> KnownEngines() const;
  std::vector<EngineOffer> Ask();

  const EngineSettings settings_;
  TaskRunner& runner_;
  const Clock& clock_;
  ProcessLauncher& launcher_;
  mutable absl::Mutex mutex_;
  std::vector<EngineConfig> discovered_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::unique_ptr<Instance>> instances_;  // the agent's runner
  ThreadTaskRunner asker_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_LOCAL_ENGINE_SUPERVISOR_H_
