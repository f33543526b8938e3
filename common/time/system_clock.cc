#include "common/time/system_clock.h"

namespace wattfleet {

MonotonicTime SystemClock::MonotonicNow() const {
  return std::chrono::steady_clock::now();
}
WallTime SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}

}  // namespace wattfleet
