#include "common/time/suspended_time.h"

#include <ctime>

namespace wattfleet {

namespace {

#if defined(__APPLE__)
constexpr clockid_t kWithSleep = CLOCK_MONOTONIC_RAW;
constexpr clockid_t kWithoutSleep = CLOCK_UPTIME_RAW;
#else
constexpr clockid_t kWithSleep = CLOCK_BOOTTIME;
constexpr clockid_t kWithoutSleep = CLOCK_MONOTONIC;
#endif

std::chrono::nanoseconds Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

std::chrono::nanoseconds SuspendedTime() {
  const std::chrono::nanoseconds awake = Read(kWithoutSleep);
  return Read(kWithSleep) - awake;
}

}  // namespace wattfleet
