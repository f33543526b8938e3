#ifndef WF_TESTS_SUPPORT_FAKE_ENGINE_SUPERVISOR_H_
#define WF_TESTS_SUPPORT_FAKE_ENGINE_SUPERVISOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/engine/engine_supervisor.h"
#include "common/task/task_runner.h"

namespace wattfleet::testing {

// Hands out one backend for every build, after a moment. What Acquire answers can be changed.
class FakeEngineSupervisor final : public agent::EngineSupervisor {
 public:
  FakeEngineSupervisor(TaskRunner& runner, std::shared_ptr<agent::InferenceBackend> backend,
                       agent::EngineIdentity identity)
      : ready{.backend = std::move(backend), .identity = std::move(identity)}, runner_(runner) {}

  void Offers(std::function<void(std::vector<EngineOffer>)> done) override {
    runner_.Post([done = std::move(done), answer = offers] { done(answer); });
  }
  void Acquire(const std::string& instance, const Build&, std::int32_t concurrency,
               std::optional<std::int64_t>,
               std::function<void(absl::StatusOr<agent::ReadyEngine>)> done) override {
    acquired.push_back(instance);
    concurrencies.push_back(concurrency);
    absl::StatusOr<agent::ReadyEngine> answer = ready;
    if (!failures.empty()) {
      answer = failures.front();
      failures.erase(failures.begin());
    }
    runner_.PostAfter(load_time, [done = std::move(done), answer] { done(answer); });
  }
  void Distrust(const std::string& instance) override { distrusted.push_back(instance); }

  agent::ReadyEngine ready;
  std::vector<absl::Status> failures;  // of the next Acquires
  std::vector<EngineOffer> offers{{.kind = "scripted", .refs = {"*"}}};
  std::chrono::nanoseconds load_time = std::chrono::milliseconds(100);
  std::vector<std::string> acquired;  // instances, in order
  std::vector<std::int32_t> concurrencies;
  std::vector<std::string> distrusted;

 private:
  TaskRunner& runner_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_ENGINE_SUPERVISOR_H_
