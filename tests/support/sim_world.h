#ifndef WF_TESTS_SUPPORT_SIM_WORLD_H_
#define WF_TESTS_SUPPORT_SIM_WORLD_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "common/random/random.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::testing {

// One thread, one queue, one seed: the whole fleet's time and tasks.
//
// Time moves only when nothing is due, and then jumps straight to the next deadline. Tasks due at
// the same instant run in posting order. Monotonic time starts one hour in, so that differences to
// "never" stay positive; wall time can be stepped apart from it.
class SimWorld final : public Clock, public TaskRunner {
 public:
  explicit SimWorld(std::uint64_t seed = 1) : random_(seed) {}

  MonotonicTime MonotonicNow() const override {
    return MonotonicTime(std::chrono::duration_cast<MonotonicTime::duration>(now_));
  }
  WallTime WallNow() const override {
    return WallTime(std::chrono::duration_cast<WallTime::duration>(now_ + wall_offset_));
  }
  void Post(std::function<void()> task) override { PostAfter({}, std::move(task)); }
  void PostAfter(std::chrono::nanoseconds delay, std::function<void()> task) override {
    queue_.emplace(std::pair{now_ + delay, next_sequence_++}, std::move(task));
  }

  // Runs everything that falls due within `span`, then stops at its end.
  void RunFor(std::chrono::nanoseconds span) {
    const auto end = now_ + span;
    while (RunOne(end)) {
    }
    now_ = end;
  }
  // Runs until `done` holds or `limit` has passed; says whether it holds.
  bool RunUntil(const std::function<bool()>& done, std::chrono::nanoseconds limit) {
    const auto end = now_ + limit;
    while (!done()) {
      if (!RunOne(end)) {
        return done();
      }
    }
    return true;
  }
  void StepWallClock(std::chrono::nanoseconds by) { wall_offset_ += by; }

  Random& random() { return random_; }

 private:
  using Due = std::pair<std::chrono::nanoseconds, std::uint64_t>;
  bool RunOne(std::chrono::nanoseconds end) {
    if (queue_.empty() || queue_.begin()->first.first > end) {
      return false;
    }
    auto node = queue_.extract(queue_.begin());
    now_ = node.key().first;
    node.mapped()();
    return true;
  }

  std::chrono::nanoseconds now_ = std::chrono::hours(1);
  std::chrono::nanoseconds wall_offset_ = std::chrono::hours(24 * 365 * 50);
  std::uint64_t next_sequence_ = 0;
  std::map<Due, std::function<void()>> queue_;
  Random random_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SIM_WORLD_H_
