#ifndef WF_COMMON_ENERGY_POWER_REDUCER_H_
#define WF_COMMON_ENERGY_POWER_REDUCER_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/energy/interval_chain.h"
#include "common/energy/interval_reducer.h"

namespace wattfleet {

// kPowerInstant and kPowerAverage: each value stands for one tile of time, as long as the longest
// of the sensor's update period, its window and the time between readings. What a reading shows
// is half an update period old on average, and the mean of the window before that: the tile's
// middle lies (update + window) / 2 before the reading. Tiles meet midway between their middles.
//
// Readings that come faster than that show nothing new and are passed over. Tiles, not trapezoids,
// and not shorter ones: like a counter's intervals they hold what was drawn around a request's
// edge in one piece, which alloc-v1 splits without bias; the windows of a mean tile time, so their
// sum is the energy. Readings further apart than the gap threshold are bridged by the mean of both
// and flagged GAP: their energy is not known.
class PowerReducer final : public IntervalReducer {
 public:
  PowerReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period);

  void Add(const SensorReading& reading, std::vector<EnergyInterval>& out) override;
  ReducerState State() const override;
  void Restore(const ReducerState& state) override;

 private:
  void AddValue(std::int64_t middle_ns, std::int64_t power, std::vector<EnergyInterval>& out);
  // Extends the chain to `end_ns` at the mean of two raw powers.
  void Extend(std::int64_t end_ns, std::int64_t power, std::int64_t other_power, Flags flags,
              std::vector<EnergyInterval>& out);

  const ChannelSpec spec_;
  const std::int64_t gap_ns_;
  const std::int64_t lag_ns_;
  const std::int64_t tile_ns_;
  const std::int64_t least_apart_ns_;
  IntervalChain chain_;
  bool has_last_ = false;
  std::int64_t last_power_ = 0;  // raw
  std::int64_t last_middle_ns_ = 0;
  Flags last_flags_ = 0;
  Flags pending_ = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_POWER_REDUCER_H_
