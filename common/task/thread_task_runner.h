#ifndef WF_COMMON_TASK_THREAD_TASK_RUNNER_H_
#define WF_COMMON_TASK_THREAD_TASK_RUNNER_H_

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet {

// A TaskRunner with a thread of its own. The destructor runs what is already due, drops what is
// not, and joins; a task may post but not destroy its runner.
class ThreadTaskRunner final : public TaskRunner {
 public:
  // `name` labels the thread (15 characters are shown); `clock` must outlive this.
  ThreadTaskRunner(std::string name, const Clock& clock);
  ~ThreadTaskRunner() override;
  ThreadTaskRunner(const ThreadTaskRunner&) = delete;
  ThreadTaskRunner& operator=(const ThreadTaskRunner&) = delete;

  void Post(std::function<void()> task) override;
  void PostAfter(std::chrono::nanoseconds delay, std::function<void()> task) override;

  // Stops as the destructor does; later posts are dropped. Idempotent; not from a task.
  void Stop();

 private:
  using Due = std::pair<MonotonicTime, std::uint64_t>;
  void Loop();

  const Clock& clock_;
  absl::Mutex mutex_;
  std::map<Due, std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_TASK_THREAD_TASK_RUNNER_H_
