#ifndef WF_COMMON_ENERGY_INTERVAL_REDUCER_H_
#define WF_COMMON_ENERGY_INTERVAL_REDUCER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/domain/flags.h"
#include "common/energy/channel.h"
#include "common/energy/interval.h"
#include "common/energy/reducer_state.h"

namespace wattfleet {

// One channel's value with the moments around its read, on the host's monotonic clock.
struct SensorReading {
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
  ChannelValue value;
  Flags flags = 0;  // of the read as a whole, e.g. SLOW_READ

  // The instant that the value stands for.
  std::int64_t at_ns() const { return before_ns + (after_ns - before_ns) / 2; }
};

// Turns the readings of one channel into touching energy intervals in whole microjoules. What a
// division leaves over is carried on, so the intervals of a counter sum to its difference exactly.
class IntervalReducer {
 public:
  virtual ~IntervalReducer() = default;
  // Takes the next reading, in time order, and appends the intervals that it completes.
  virtual void Add(const SensorReading& reading, std::vector<EnergyInterval>& out) = 0;

  virtual ReducerState State() const = 0;
  // As if the readings had been its own that made `state` of a reducer of the same channel.
  virtual void Restore(const ReducerState& state) = 0;
};

// The reducer for the channel's kind; `poll_period` is how often it is meant to be read.
std::unique_ptr<IntervalReducer> MakeReducer(const ChannelSpec& spec,
                                             std::chrono::nanoseconds poll_period);

// Readings further apart than this leave a gap.
std::int64_t GapThresholdNs(const ChannelSpec& spec, std::chrono::nanoseconds poll_period);

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_INTERVAL_REDUCER_H_
