#include "common/energy/power_reducer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace wattfleet {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

}  // namespace

PowerReducer::PowerReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period)
    : spec_(spec),
      gap_ns_(GapThresholdNs(spec, poll_period)),
      lag_ns_((spec.update_period + spec.window).count() / 2),
      tile_ns_(std::max({spec.update_period, spec.window, poll_period}).count()),
      least_apart_ns_(tile_ns_ - poll_period.count() / 2),
      chain_(spec.max_watts) {}

void PowerReducer::Add(const SensorReading& reading, std::vector<EnergyInterval>& out) {
  const std::int64_t middle_ns = reading.at_ns() - lag_ns_;
  pending_ |= reading.flags | reading.value.flags;
  if (reading.value.fault == ReadFault::kUnavailable) {
    return;
  }
  const bool lost = reading.value.fault == ReadFault::kLost;
  if (lost || ((pending_ & kFlagSuspended) != 0 && has_last_)) {
    if (has_last_) {
      Extend(std::min(last_middle_ns_ + tile_ns_ / 2, middle_ns), last_power_, last_power_,
             last_flags_, out);
    }
    if (chain_.edge_ns()) {
      chain_.AppendHole(middle_ns, pending_ | (lost ? kFlagChannelLost : 0), out);
    }
    has_last_ = false;
    pending_ = lost ? kFlagChannelLost : 0;
  }
  if (!lost) {
    AddValue(middle_ns,
             static_cast<std::int64_t>(std::min<std::uint64_t>(
                 reading.value.raw, std::numeric_limits<std::int64_t>::max())),
             out);
  }
}

void PowerReducer::AddValue(std::int64_t middle_ns, std::int64_t power,
                            std::vector<EnergyInterval>& out) {
  if (!has_last_) {
    const std::int64_t from_ns = middle_ns - tile_ns_ / 2;
    if (chain_.edge_ns()) {
      chain_.AppendHole(from_ns, pending_, out);
    } else {
      chain_.Begin(from_ns);
    }
  } else if (middle_ns - last_middle_ns_ < least_apart_ns_) {
    return;
  } else if (middle_ns - last_middle_ns_ > gap_ns_) {
    Extend(last_middle_ns_ + tile_ns_ / 2, last_power_, last_power_, last_flags_, out);
    Extend(middle_ns - tile_ns_ / 2, last_power_, power, pending_ | kFlagGap, out);
  } else {
    Extend(last_middle_ns_ + (middle_ns - last_middle_ns_) / 2, last_power_, last_power_,
           last_flags_, out);
  }
  has_last_ = true;
  last_power_ = power;
  last_middle_ns_ = middle_ns;
  last_flags_ = std::exchange(pending_, 0);
}

void PowerReducer::Extend(std::int64_t end_ns, std::int64_t power, std::int64_t other_power,
                          Flags flags, std::vector<EnergyInterval>& out) {
  const std::int64_t length_ns = end_ns - *chain_.edge_ns();
  if (length_ns <= 0) {
    return;
  }
  const Int128 twice = (static_cast<Int128>(power) + other_power) * spec_.unit.numerator;
  chain_.Append(end_ns, twice * length_ns,
                static_cast<Int128>(spec_.unit.denominator) * kNsPerSecond * 2, flags, out);
}

ReducerState PowerReducer::State() const {
  return {.chain = chain_.state(),
          .pending = pending_,
          .has_last = has_last_,
          .last_raw = static_cast<std::uint64_t>(last_power_),
          .last_ns = last_middle_ns_,
          .last_flags = last_flags_};
}

void PowerReducer::Restore(const ReducerState& state) {
  chain_.Restore(state.chain);
  pending_ = state.pending;
  has_last_ = state.has_last;
  last_power_ = static_cast<std::int64_t>(state.last_raw);
  last_middle_ns_ = state.last_ns;
  last_flags_ = state.last_flags;
}

}  // namespace wattfleet
