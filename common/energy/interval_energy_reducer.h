#ifndef WF_COMMON_ENERGY_INTERVAL_ENERGY_REDUCER_H_
#define WF_COMMON_ENERGY_INTERVAL_ENERGY_REDUCER_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/energy/interval_chain.h"
#include "common/energy/interval_reducer.h"

namespace wattfleet {

// kIntervalEnergy: intervals as the source delivers them, each ending at its reading. Joints that
// miss by up to half of the span are closed: spans that follow each other are read late by this or
// that. A wider joint is a hole flagged GAP: a span that was lost leaves a whole one.
class IntervalEnergyReducer final : public IntervalReducer {
 public:
  IntervalEnergyReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period);

  void Add(const SensorReading& reading, std::vector<EnergyInterval>& out) override;
  ReducerState State() const override;
  void Restore(const ReducerState& state) override;

 private:
  const ChannelSpec spec_;
  const std::int64_t gap_ns_;
  IntervalChain chain_;
  Flags pending_ = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_INTERVAL_ENERGY_REDUCER_H_
