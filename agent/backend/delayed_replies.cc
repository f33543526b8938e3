#include "agent/backend/delayed_replies.h"

#include <utility>

namespace wattfleet::agent {

DelayedReplies::~DelayedReplies() {
  CancelAll();
  runner_.Stop();
}

void DelayedReplies::DeliverAfter(std::chrono::nanoseconds delay, InferenceReply reply, Done done) {
  std::uint64_t key = 0;
  {
    absl::MutexLock lock(&mutex_);
    key = next_key_++;
    held_.emplace(key, Held{std::move(reply), std::move(done)});
  }
  runner_.PostAfter(delay, [this, key] { DeliverNow(key); });
}

void DelayedReplies::CancelAll() {
  std::map<std::uint64_t, Held> cancelled;
  {
    absl::MutexLock lock(&mutex_);
    cancelled.swap(held_);
  }
  for (auto& [key, held] : cancelled) {
    held.done(CancelledReply(held.reply.sent, clock_.MonotonicNow()));
  }
}

void DelayedReplies::DeliverNow(std::uint64_t key) {
  Held held;
  {
    absl::MutexLock lock(&mutex_);
    auto node = held_.extract(key);
    if (node.empty()) {
      return;
    }
    held = std::move(node.mapped());
  }
  held.reply.done = clock_.MonotonicNow();
  held.done(std::move(held.reply));
}

InferenceReply CancelledReply(MonotonicTime sent, MonotonicTime now) {
  InferenceReply reply;
  reply.failure = Failure::kCancelled;
  reply.finish = Finish::kCancelled;
  reply.sent = sent;
  reply.done = now;
  reply.error = "cancelled";
  return reply;
}

}  // namespace wattfleet::agent
