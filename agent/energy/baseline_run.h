#ifndef WF_AGENT_ENERGY_BASELINE_RUN_H_
#define WF_AGENT_ENERGY_BASELINE_RUN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "agent/energy/baseline_options.h"
#include "agent/energy/metered_host.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Measures the loaded-idle power of some channels, once: waits for them to settle, records them,
// and sets the baseline of those that were steady, in power and, where it is told, in temperature;
// the others are tried again, some more times while their temperature moves, and in the end flagged
// IDLE_UNSTABLE. A channel on which a request was in flight keeps the baseline it had. Lives until
// it is done, by the tasks that it posts on `runner`; ends early, silently, when the host is gone.
class BaselineRun : public std::enable_shared_from_this<BaselineRun> {
 public:
  // `clock` and `runner` outlive the run.
  BaselineRun(std::weak_ptr<MeteredHost> host, const Clock& clock, TaskRunner& runner,
              const BaselineOptions& options);

  // `done` is called on the runner.
  void Start(std::vector<std::size_t> channels, std::function<void()> done);

 private:
  void BeginTry();
  void Tick();
  // Sets what can be set and returns the channels to try again.
  std::vector<std::size_t> Evaluate(MeteredHost& host);

  const std::weak_ptr<MeteredHost> host_;
  const Clock& clock_;
  TaskRunner& runner_;
  const BaselineOptions options_;
  std::vector<std::size_t> channels_;
  std::function<void()> done_;
  int tries_left_;
  int cooling_tries_left_;
  std::uint64_t recording_ = 0;
  std::int64_t from_ns_ = 0;
  std::int64_t to_ns_ = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_BASELINE_RUN_H_
