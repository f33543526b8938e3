#ifndef WF_COMMON_TIME_SYSTEM_CLOCK_H_
#define WF_COMMON_TIME_SYSTEM_CLOCK_H_

#include "common/time/clock.h"

namespace wattfleet {

// The machine's own clocks.
class SystemClock final : public Clock {
 public:
  MonotonicTime MonotonicNow() const override;
  WallTime WallNow() const override;
};

}  // namespace wattfleet

#endif  // WF_COMMON_TIME_SYSTEM_CLOCK_H_
