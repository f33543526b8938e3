#ifndef WF_COMMON_ENERGY_POWER_REDUCER_H_
#define WF_COMMON_ENERGY_POWER_REDUCER_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/energy/interval_chain.h"
#include "common/energy/interval_reducer.h"

namespace wattfleet {

// kPowerInstant: the trapezoid between successive readings.
// kPowerAverage over a window W: where W is longer than the time between readings, the trapezoid
// with the time axis shifted back by W/2; otherwise the rectangle [t - W, t], what lies before it
// being a hole flagged GAP.
// Readings too far apart are bridged and flagged GAP: their energy is not known.
class PowerReducer final : public IntervalReducer {
 public:
  PowerReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period);

  void Add(const SensorReading& reading, std::vector<EnergyInterval>& out) override;

 private:
  void AddRectangle(std::int64_t at_ns, std::int64_t power, std::vector<EnergyInterval>& out);
  void AddTrapezoid(std::int64_t at_ns, std::int64_t power, std::vector<EnergyInterval>& out);

  const ChannelSpec spec_;
  const std::int64_t gap_ns_;
  const bool rectangles_;
  const std::int64_t shift_ns_;
  IntervalChain chain_;
  bool has_last_ = false;
  std::int64_t last_power_ = 0;  // raw
  Flags pending_ = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_POWER_REDUCER_H_
