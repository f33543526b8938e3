#ifndef WF_COORDINATOR_STORE_WRITER_H_
#define WF_COORDINATOR_STORE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#include "coordinator/store/store.h"

namespace wattfleet::coordinator {

// The one thread that touches the store: takes batches in order, commits them in groups, and says
// what each did. Groups never mix sweeps, so that a spool's cursor stays contiguous whichever file
// a crash leaves behind. A failed guard (INTERNAL) aborts the program, and a corrupt store ends it
// with a message: nothing may be written any more.
class StoreWriter {
 public:
  struct Callbacks {
    // After the commit, in the order of Enqueue. On the writer's thread.
    std::function<void(Committed)> committed;
    // What is wrong with the store now, one line; empty when it works again. On the writer's
    // thread.
    std::function<void(std::string)> health;
  };
  struct Limits {
    std::size_t group_rows = 4'000;
    std::int64_t group_bytes = 4 << 20;
    absl::Duration retry_after = absl::Seconds(5);  // when the disk is full or fails
  };

  StoreWriter(Store& store, Callbacks callbacks) : StoreWriter(store, std::move(callbacks), {}) {}
  StoreWriter(Store& store, Callbacks callbacks, Limits limits);
  ~StoreWriter();
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  // Queues a batch; it is applied once all of `ready` (its results' grading) are notified. Never
  // blocks: what is queued is bounded by the sessions' credit. Thread-safe.
  void Enqueue(StoreBatch batch, std::vector<std::shared_ptr<absl::Notification>> ready);
  // Runs `task` on the writer's thread, between two commits and behind what is queued. Thread-safe.
  void RunOnWriter(std::function<void(Store&)> task);
  // Commits what is queued, then ends the thread; what comes later is dropped. A store that cannot
  // write gets one more try; what then is left was never acknowledged. Idempotent.
  void Stop();

 private:
  struct Item {
    StoreBatch batch;
    std::vector<std::shared_ptr<absl::Notification>> ready;
  };
  using Job = std::variant<Item, std::function<void(Store&)>>;

  void Loop();
  // The next task, or a group of batches of one sweep; false when stopping and drained.
  bool Next(std::vector<StoreBatch>& group, std::function<void(Store&)>& task);
  // False when it gave up to stop: what comes after the group must not be applied without it.
  bool Commit(std::vector<StoreBatch> group);
  void Idle();
  void SayHealth(const absl::Status& status);

  Store& store_;
  const Callbacks callbacks_;
  const Limits limits_;
  absl::Mutex mutex_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool sick_ = false;  // what was last said; the writer's thread alone
  std::jthread thread_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_WRITER_H_
