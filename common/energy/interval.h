#ifndef WF_COMMON_ENERGY_INTERVAL_H_
#define WF_COMMON_ENERGY_INTERVAL_H_

#include <cstdint>

#include "common/domain/energy.h"
#include "common/domain/flags.h"

namespace wattfleet {

// A disjoint piece of one channel's energy, on the host's monotonic clock. Intervals of a channel
// come in order and touch: each starts where the one before it ended.
struct EnergyInterval {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  Microjoules energy = 0;
  Flags flags = 0;
  // False: time passed and nobody knows its energy (reset, lost sensor, suspend). `energy` is then
  // 0 and is not a measurement.
  bool measured = true;

  std::int64_t length_ns() const { return end_ns - start_ns; }
  bool operator==(const EnergyInterval&) const = default;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_INTERVAL_H_
