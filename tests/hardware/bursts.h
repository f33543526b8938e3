#ifndef WF_TESTS_HARDWARE_BURSTS_H_
#define WF_TESTS_HARDWARE_BURSTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/time/clock.h"

namespace wattfleet::hardware {

// A quantile of the values by nearest rank; nothing of none.
std::optional<double> Quantile(std::vector<double> values, double share);
std::optional<double> Mean(std::span<const double> values);
// Standard deviation over the mean; nothing below two values, or of a mean of 0.
std::optional<double> RelativeScatter(std::span<const double> values);

// One value of a sensor, and when.
struct TimedValue {
  std::int64_t at_ns = 0;
  double value = 0;
};

// The times between changes of the value, in milliseconds.
std::vector<double> ChangeGapsMs(std::span<const TimedValue> values);

// The energy under a power curve by trapezoids, joules from watts.
double TrapezoidJoules(std::span<const TimedValue> watts);

// The window over which an instantaneous sensor averages, from what it says of a load that is on
// for `half_period_ms` and off as long: a window of w sees an edge in w of each half period, and
// then says something in between. Nothing where the two levels do not stand apart or there are
// fewer than 20 values; half_period_ms where every value is in between: as long, or longer.
std::optional<double> WindowMs(std::span<const double> watts, double half_period_ms);

}  // namespace wattfleet::hardware

#endif  // WF_TESTS_HARDWARE_BURSTS_H_
