#ifndef WF_TESTS_SIM_SIM_ENGINE_H_
#define WF_TESTS_SIM_SIM_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/engine/engine_supervisor.h"
#include "tests/support/sim_world.h"

namespace wattfleet::testing {

struct EngineFaults {
  std::chrono::milliseconds latency_min{100};
  std::chrono::milliseconds latency_max{400};
  double fail_chance = 0;  // of a request, transiently
};

// An engine that answers in virtual time. After its death it answers nobody.
class SimBackend final : public agent::InferenceBackend {
 public:
  SimBackend(SimWorld& world, EngineFaults faults) : world_(world), faults_(faults) {}
  ~SimBackend() override { *alive_ = false; }

  absl::StatusOr<agent::EngineIdentity> Identify() override;
  void Send(agent::InferenceRequest request,
            std::function<void(agent::InferenceReply)> done) override;
  void CancelAll() override;

 private:
  void Answer(std::uint64_t id, const std::string& query_id, MonotonicTime sent);

  SimWorld& world_;
  const EngineFaults faults_;
  std::map<std::uint64_t, std::function<void(agent::InferenceReply)>> open_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Offers "synthetic" with every ref; each instance has its engine at once.
class SimEngines final : public agent::EngineSupervisor {
 public:
  SimEngines(SimWorld& world, EngineFaults faults) : world_(world), faults_(faults) {}

  void Offers(std::function<void(std::vector<EngineOffer>)> done) override;
  void Acquire(const std::string& instance, const Build& build, std::int32_t concurrency,
               std::optional<std::int64_t> context_tokens,
               std::function<void(absl::StatusOr<agent::ReadyEngine>)> done) override;
  void Distrust(const std::string& instance) override;

 private:
  SimWorld& world_;
  const EngineFaults faults_;
  std::map<std::string, std::shared_ptr<SimBackend>> engines_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SIM_SIM_ENGINE_H_
