#include "common/task/thread_task_runner.h"

#include "absl/time/time.h"
#include <pthread.h>

namespace wattfleet {

namespace {

void NameThisThread(const std::string& name) {
#if defined(__APPLE__)
  pthread_setname_np(name.substr(0, 15).c_str());
#else
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
#endif
}

}  // namespace

ThreadTaskRunner::ThreadTaskRunner(std::string name, const Clock& clock)
    : clock_(clock), thread_([this, name = std::move(name)] {
        NameThisThread(name);
        Loop();
      }) {}

ThreadTaskRunner::~ThreadTaskRunner() {
  Stop();
}

void ThreadTaskRunner::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void ThreadTaskRunner::Post(std::function<void()> task) {
  PostAfter({}, std::move(task));
}

void ThreadTaskRunner::PostAfter(std::chrono::nanoseconds delay, std::function<void()> task) {
  const MonotonicTime due =
      clock_.MonotonicNow() + std::chrono::duration_cast<MonotonicTime::duration>(delay);
  absl::MutexLock lock(&mutex_);
  if (!stopping_) {
    queue_.emplace(Due{due, next_sequence_++}, std::move(task));
  }
}

void ThreadTaskRunner::Loop() {
  while (true) {
    std::function<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      const MonotonicTime now = clock_.MonotonicNow();
      const bool due = !queue_.empty() && queue_.begin()->first.first <= now;
      if (!due && stopping_) {
        return;
      }
      if (!due) {
        const auto wait = queue_.empty() ? absl::Seconds(3600)
                                         : absl::FromChrono(queue_.begin()->first.first - now);
        const std::size_t seen = next_sequence_;
        const auto changed = [this, seen]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
          return stopping_ || next_sequence_ != seen;
        };
        mutex_.AwaitWithTimeout(absl::Condition(&changed), wait);
        continue;
      }
      task = std::move(queue_.extract(queue_.begin()).mapped());
    }
    task();
  }
}

}  // namespace wattfleet
