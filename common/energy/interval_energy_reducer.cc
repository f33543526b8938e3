#include "common/energy/interval_energy_reducer.h"

namespace wattfleet {

IntervalEnergyReducer::IntervalEnergyReducer(const ChannelSpec& spec,
                                             std::chrono::nanoseconds poll_period)
    : spec_(spec), gap_ns_(GapThresholdNs(spec, poll_period)), chain_(spec.max_watts) {}

void IntervalEnergyReducer::Add(const SensorReading& reading, std::vector<EnergyInterval>& out) {
  const std::int64_t end_ns = reading.after_ns;
  pending_ |= reading.flags | reading.value.flags;
  if (reading.value.fault == ReadFault::kUnavailable) {
    return;
  }
  const bool lost = reading.value.fault == ReadFault::kLost;
  if (lost || (pending_ & kFlagSuspended) != 0) {
    if (chain_.edge_ns()) {
      chain_.AppendHole(end_ns, pending_ | (lost ? kFlagChannelLost : 0), out);
    }
    pending_ = lost ? kFlagChannelLost : 0;
    return;
  }
  const std::int64_t elapsed_ns = reading.value.elapsed.count();
  if (elapsed_ns <= 0) {
    return;
  }
  chain_.Begin(end_ns - elapsed_ns);
  const std::int64_t missing_ns = end_ns - elapsed_ns - *chain_.edge_ns();
  if (missing_ns > elapsed_ns / 2) {
    chain_.AppendHole(end_ns - elapsed_ns, pending_ | kFlagGap, out);
  }
  const Flags gap = elapsed_ns > gap_ns_ ? kFlagGap : 0;
  chain_.Append(end_ns, static_cast<Int128>(reading.value.raw) * spec_.unit.numerator,
                spec_.unit.denominator, pending_ | gap, out);
  pending_ = 0;
}

ReducerState IntervalEnergyReducer::State() const {
  return {.chain = chain_.state(), .pending = pending_};
}

void IntervalEnergyReducer::Restore(const ReducerState& state) {
  chain_.Restore(state.chain);
  pending_ = state.pending;
}

}  // namespace wattfleet
