#ifndef WF_AGENT_DOCTOR_ENGINE_LOAD_H_
#define WF_AGENT_DOCTOR_ENGINE_LOAD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/backend/inference_backend.h"
#include "agent/doctor/load.h"
#include "agent/engine/engine_supervisor.h"
#include "common/domain/fleet.h"
#include "common/task/task_runner.h"

namespace wattfleet::agent {

// Has an engine of this machine write long answers, one after another, for the accelerators of an
// instance.
class EngineLoad final : public Load {
 public:
  // `runner` is the one that `engines` calls back on; both outlive this.
  EngineLoad(const InstanceOffer& instance, Build build, EngineSupervisor& engines,
             TaskRunner& runner);
  ~EngineLoad() override;

  const LoadReach& reach() const override { return reach_; }
  // Blocks until the engine is ready and has been asked. Not on the runner.
  absl::Status Start() override;
  absl::Status Stop() override;

 private:
  void Ask();
  void OnReply(const InferenceReply& reply);

  LoadReach reach_;
  const std::string instance_;
  const Build build_;
  EngineSupervisor& engines_;
  TaskRunner& runner_;
  std::uint64_t requests_ = 0;  // of the runner
  std::shared_ptr<InferenceBackend> backend_;
  absl::Mutex mutex_;
  bool runs_ ABSL_GUARDED_BY(mutex_) = false;
  bool in_flight_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // of the runner
};

// The build that `offers` make possible without further words: the first named model of a real
// engine. Nothing where there is none.
std::optional<Build> BuildToAsk(const std::vector<EngineOffer>& offers);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_ENGINE_LOAD_H_
