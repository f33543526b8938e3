#ifndef WF_AGENT_POWER_SAMPLER_H_
#define WF_AGENT_POWER_SAMPLER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"

#include "agent/power/power_source.h"
#include "agent/power/supply_state.h"
#include "common/time/clock.h"
#include "common/time/suspended_time.h"

namespace wattfleet::agent {

// What one read of a source brought, on the host's monotonic clock.
struct Reading {
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
  Flags flags = 0;                       // SLOW_READ, SUSPENDED, ON_BATTERY, POWER_SOURCE_CHANGED
  std::span<const ChannelValue> values;  // one per channel
};

struct SamplerOptions {
  // How far back readings are kept for their consumer.
  std::chrono::seconds kept{120};
  // How long the machine has slept so far; growth flags the next reading SUSPENDED.
  std::function<std::chrono::nanoseconds()> suspended_time = SuspendedTime;
  // What the machine runs on, where it tells; asked by the reading thread four times a second.
  std::function<std::optional<SupplyState>()> supply;
};

// Reads one power source on a fixed grid and keeps the newest readings in a ring of fixed size.
// Reads that a slow one has overrun are skipped, never made up for in a burst. Allocates nothing
// while it samples. Thread-safe but for PollOnce.
class Sampler {
 public:
  // `clock` outlives this. Nothing is read before Start or PollOnce.
  Sampler(std::unique_ptr<PowerSource> source, const Clock& clock, SamplerOptions options = {});
  // Stops and joins; waits for a read that is under way.
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // Starts the thread that reads from now on; `clock` must be one that moves by itself. Once.
  void Start();
  // One read now, by the calling thread: in tests, instead of Start.
  void PollOnce();

  // Shows the readings from number `from` on to `visit`, oldest first, and returns the number of
  // the next one to come. Those that left the ring are skipped. `visit` is called under the lock.
  std::uint64_t Visit(std::uint64_t from, absl::FunctionRef<void(const Reading&)> visit) const;

  const PowerSource& source() const { return *source_; }

 private:
  struct Slot {
    std::int64_t before_ns = 0;
    std::int64_t after_ns = 0;
    Flags flags = 0;
  };
  void Loop();
  // False when it is time to stop.
  bool WaitUntil(MonotonicTime due);
  Flags CheckSuspend(MonotonicTime now);
  // ON_BATTERY for as long as it is, POWER_SOURCE_CHANGED once at each change.
  Flags CheckSupply(MonotonicTime now);

  const std::unique_ptr<PowerSource> source_;
  const Clock& clock_;
  const SamplerOptions options_;
  const std::size_t channels_;

  // Of the reading thread alone.
  std::vector<ChannelValue> scratch_;
  std::chrono::nanoseconds suspended_{0};
  MonotonicTime suspend_checked_{};
  std::optional<SupplyState> supply_;
  MonotonicTime supply_checked_{};

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;  // readings so far
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  std::vector<ChannelValue> values_ ABSL_GUARDED_BY(mutex_);  // channels_ for each slot
  std::jthread thread_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_SAMPLER_H_
