#ifndef WF_COORDINATOR_SERVICE_WORKER_POOL_H_
#define WF_COORDINATOR_SERVICE_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace wattfleet::coordinator {

// Threads for work that takes a processor's time: grading, loading prompts, rendering reports.
// Tasks start in the order of posting and may finish in any. Its queue needs no bound of its own:
// what is posted is bounded by the sessions' credit and by the leases. Thread-safe; the destructor
// runs all that was posted, then joins.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Post(std::function<void()> task);

 private:
  void Loop();

  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_WORKER_POOL_H_
