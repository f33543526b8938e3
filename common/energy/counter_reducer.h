#ifndef WF_COMMON_ENERGY_COUNTER_REDUCER_H_
#define WF_COMMON_ENERGY_COUNTER_REDUCER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/energy/interval_chain.h"
#include "common/energy/interval_reducer.h"

namespace wattfleet {

// kCounter: intervals between the moments at which the counter changed.
//
// A counter that repeats its value between reads changed somewhere between the last old and the
// first new value: the knot is midway. One that changes at every read is followed as it is read.
// A step back is a wrap only if the channel has a modulus and the wrapped difference is one that
// the device can have drawn; otherwise COUNTER_RESET, and the time is a hole.
class CounterReducer final : public IntervalReducer {
 public:
  CounterReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period);

  void Add(const SensorReading& reading, std::vector<EnergyInterval>& out) override;
  ReducerState State() const override;
  void Restore(const ReducerState& state) override;

 private:
  void AddFirst(std::int64_t at_ns, std::uint64_t raw, std::vector<EnergyInterval>& out);
  // Makes `knot_ns` the first knot, or the first after a loss.
  void StartAt(std::int64_t knot_ns, std::vector<EnergyInterval>& out);
  void AddSame(std::int64_t at_ns, std::vector<EnergyInterval>& out);
  void AddChange(std::int64_t at_ns, std::uint64_t raw, std::vector<EnergyInterval>& out);
  void Lose(std::int64_t at_ns, Flags why, std::vector<EnergyInterval>& out);
  std::int64_t KnotNs(std::int64_t at_ns);
  // The counter's advance, or nothing after a reset.
  std::optional<std::uint64_t> Advance(std::uint64_t raw, std::int64_t ns) const;

  const ChannelSpec spec_;
  const std::int64_t gap_ns_;
  const std::int64_t stall_ns_;
  IntervalChain chain_;
  bool has_last_ = false;
  std::uint64_t last_raw_ = 0;
  std::int64_t last_ns_ = 0;   // when last_raw_ was last seen
  std::int64_t first_ns_ = 0;  // of the readings since the start or a loss
  bool has_knot_ = false;      // the chain's edge is where the counter became last_raw_
  bool repeated_ = false;      // last_raw_ was seen more than once
  int changes_in_a_row_ = 0;   // reads since the value last repeated
  Flags pending_ = 0;          // flags of the reads since the knot
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_COUNTER_REDUCER_H_
