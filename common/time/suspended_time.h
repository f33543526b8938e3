#ifndef WF_COMMON_TIME_SUSPENDED_TIME_H_
#define WF_COMMON_TIME_SUSPENDED_TIME_H_

#include <chrono>

namespace wattfleet {

// How long this machine has slept since it booted. Grows by the length of each suspend, which the
// monotonic clock leaves out.
std::chrono::nanoseconds SuspendedTime();

}  // namespace wattfleet

#endif  // WF_COMMON_TIME_SUSPENDED_TIME_H_
