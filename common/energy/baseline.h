#ifndef WF_COMMON_ENERGY_BASELINE_H_
#define WF_COMMON_ENERGY_BASELINE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "common/energy/interval.h"

namespace wattfleet {

// The loaded-idle power of a channel: the engine up, its weights resident, nothing in flight.
struct Baseline {
  std::int64_t idle_uw = 0;         // P0, microwatts
  std::int64_t uncertainty_uw = 0;  // 1 u of it
  // Unique on its channel: the wall clock at its measurement, in milliseconds since 1970.
  std::int64_t id = 0;
  bool operator==(const Baseline&) const = default;
};

// P0 over [from_ns, to_ns): the median of the mean powers of successive windows. Nothing unless
// there are at least 3 whole windows, all of their time measured and unflagged (but for SLOW_READ),
// and the median absolute deviation is below 5 % of the median or below 1 W. The caller sets its
// id.
std::optional<Baseline> EstimateBaseline(std::span<const EnergyInterval> intervals,
                                         std::int64_t from_ns, std::int64_t to_ns,
                                         std::chrono::nanoseconds window);

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_BASELINE_H_
