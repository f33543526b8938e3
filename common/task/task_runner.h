#ifndef WF_COMMON_TASK_TASK_RUNNER_H_
#define WF_COMMON_TASK_TASK_RUNNER_H_

#include <chrono>
#include <functional>

namespace wattfleet {

// Runs tasks one at a time, in the order they fall due. Everything a core owns is touched only
// from its runner, so cores need no locks.
//
// Tasks never run inside Post(). All methods may be called from any thread.
class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  virtual void Post(std::function<void()> task) = 0;
  virtual void PostAfter(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_TASK_TASK_RUNNER_H_
