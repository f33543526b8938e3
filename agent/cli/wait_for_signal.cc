#include "agent/cli/wait_for_signal.h"

#include <ctime>
#if defined(__APPLE__)
#include <algorithm>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#endif

namespace wattfleet::agent {

#if defined(__APPLE__)

// There is no sigtimedwait: looks for a pending signal ten times a second.
bool PassedWithoutSignal(const sigset_t& stop, std::chrono::nanoseconds span) {
  constexpr std::chrono::nanoseconds kLook(100'000'000);
  absl::Notification never;
  for (; span.count() > 0; span -= kLook) {
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : {SIGINT, SIGTERM}) {
      if (sigismember(&pending, signal) == 1) {
        int taken = 0;
        sigwait(&stop, &taken);
        return false;
      }
    }
    never.WaitForNotificationWithTimeout(absl::FromChrono(std::min(span, kLook)));
  }
  return true;
}

#else

bool PassedWithoutSignal(const sigset_t& stop, std::chrono::nanoseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  const timespec timeout{.tv_sec = static_cast<std::time_t>(seconds.count()),
                         .tv_nsec = static_cast<long>((span - seconds).count())};
  return sigtimedwait(&stop, nullptr, &timeout) <= 0;
}

#endif

}  // namespace wattfleet::agent
