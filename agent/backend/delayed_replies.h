#ifndef WF_AGENT_BACKEND_DELAYED_REPLIES_H_
#define WF_AGENT_BACKEND_DELAYED_REPLIES_H_

#include <cstdint>
#include <functional>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/backend/inference_backend.h"
#include "common/task/thread_task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Replies that backends without a server hold back until their time has come. Each is delivered
// exactly once: on a thread of its own when due, or with kCancelled by CancelAll or the destructor
// on the thread that called it. Thread-safe.
class DelayedReplies {
 public:
  using Done = std::function<void(InferenceReply)>;

  explicit DelayedReplies(const Clock& clock) : clock_(clock), runner_("wf-replies", clock) {}
  ~DelayedReplies();
  DelayedReplies(const DelayedReplies&) = delete;
  DelayedReplies& operator=(const DelayedReplies&) = delete;

  // Delivers `reply` `delay` from now, with `reply.done` set to that moment.
  void DeliverAfter(std::chrono::nanoseconds delay, InferenceReply reply, Done done);
  void CancelAll();

 private:
  struct Held {
    InferenceReply reply;
    Done done;
  };
  void DeliverNow(std::uint64_t key);

  const Clock& clock_;
  absl::Mutex mutex_;
  std::uint64_t next_key_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, Held> held_ ABSL_GUARDED_BY(mutex_);
  ThreadTaskRunner runner_;  // last: its thread uses the members above
};

// What a request that was given up becomes: everything received so far is dropped.
InferenceReply CancelledReply(MonotonicTime sent, MonotonicTime now);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_DELAYED_REPLIES_H_
