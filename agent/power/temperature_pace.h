#ifndef WF_AGENT_POWER_TEMPERATURE_PACE_H_
#define WF_AGENT_POWER_TEMPERATURE_PACE_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/time/clock.h"

namespace wattfleet::agent {

// Says when a temperature is to be read beside the energy: once a second. Silicon is no faster, and
// on some devices the call costs as much as the rest.
class TemperaturePace {
 public:
  bool IsDue(MonotonicTime now) {
    if (last_ && now - *last_ < std::chrono::seconds(1)) {
      return false;
    }
    last_ = now;
    return true;
  }

 private:
  std::optional<MonotonicTime> last_;
};

// A sensor's thousandths of a degree Celsius, unless no running chip has that: sensors that are
// absent or asleep say 0, or all ones.
inline std::optional<std::int32_t> PlausibleMillicelsius(std::int64_t millicelsius) {
  constexpr std::int64_t kMost = 150'000;
  return millicelsius > 0 && millicelsius <= kMost
             ? std::optional(static_cast<std::int32_t>(millicelsius))
             : std::nullopt;
}

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_TEMPERATURE_PACE_H_
