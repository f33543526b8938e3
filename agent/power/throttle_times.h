#ifndef WF_AGENT_POWER_THROTTLE_TIMES_H_
#define WF_AGENT_POWER_THROTTLE_TIMES_H_

#include <cstdint>
#include <map>
#include <optional>

#include "common/domain/flags.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Tells from growing counters of held-back nanoseconds whether a device was held back between two
// readings: for more than 1 % of the time between them (reference: energy.md 6).
class ThrottleTimes {
 public:
  // Begins the reading at `now`.
  void Begin(MonotonicTime now);
  // One counter of it, known by a number of the caller's: `flag` when it grew by so much. Growth of
  // more than the driver's longest update is not time: another driver means something else by the
  // counter's number.
  Flags Add(unsigned counter, std::uint64_t nanoseconds, Flags flag);
  void Restart();

 private:
  std::map<unsigned, std::uint64_t> last_;
  std::optional<MonotonicTime> now_;
  std::int64_t span_ns_ = 0;  // since the reading before; 0 for the first
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_THROTTLE_TIMES_H_
