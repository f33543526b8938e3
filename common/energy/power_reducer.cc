#include "common/energy/power_reducer.h"

#include <algorithm>
#include <limits>

namespace wattfleet {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool IsAverage(const ChannelSpec& spec) {
  return spec.kind == SampleKind::kPowerAverage;
}

}  // namespace

PowerReducer::PowerReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period)
    : spec_(spec),
      gap_ns_(GapThresholdNs(spec, poll_period)),
      rectangles_(IsAverage(spec) && spec.window <= poll_period),
      shift_ns_(IsAverage(spec) && !rectangles_ ? spec.window.count() / 2 : 0),
      chain_(spec.max_watts) {}

void PowerReducer::Add(const SensorReading& reading, std::vector<EnergyInterval>& out) {
  const std::int64_t at_ns = reading.at_ns() - shift_ns_;
  pending_ |= reading.flags | reading.value.flags;
  if (reading.value.fault == ReadFault::kUnavailable) {
    return;
  }
  const bool lost = reading.value.fault == ReadFault::kLost;
  if (lost || ((pending_ & kFlagSuspended) != 0 && has_last_)) {
    if (chain_.edge_ns()) {
      chain_.AppendHole(at_ns, pending_ | (lost ? kFlagChannelLost : 0), out);
    }
    has_last_ = false;
    pending_ = lost ? kFlagChannelLost : 0;
  }
  if (lost) {
    return;
  }
  const auto power = static_cast<std::int64_t>(
      std::min<std::uint64_t>(reading.value.raw, std::numeric_limits<std::int64_t>::max()));
  rectangles_ ? AddRectangle(at_ns, power, out) : AddTrapezoid(at_ns, power, out);
  has_last_ = true;
  last_power_ = power;
}

void PowerReducer::AddRectangle(std::int64_t at_ns, std::int64_t power,
                                std::vector<EnergyInterval>& out) {
  const std::int64_t from_ns = at_ns - spec_.window.count();
  chain_.Begin(from_ns);
  const std::int64_t missing_ns = from_ns - *chain_.edge_ns();
  if (missing_ns > spec_.window.count() / 10) {
    chain_.AppendHole(from_ns, pending_ | kFlagGap, out);
  }
  const std::int64_t length_ns = std::max<std::int64_t>(0, at_ns - *chain_.edge_ns());
  chain_.Append(at_ns, static_cast<Int128>(power) * spec_.unit.numerator * length_ns,
                static_cast<Int128>(spec_.unit.denominator) * kNsPerSecond, pending_, out);
  pending_ = 0;
}

void PowerReducer::AddTrapezoid(std::int64_t at_ns, std::int64_t power,
                                std::vector<EnergyInterval>& out) {
  if (!has_last_) {
    if (chain_.edge_ns()) {
      chain_.AppendHole(at_ns, pending_, out);
    } else {
      chain_.Begin(at_ns);
    }
    pending_ = 0;
    return;
  }
  const std::int64_t length_ns = std::max<std::int64_t>(0, at_ns - *chain_.edge_ns());
  const Flags gap = length_ns > gap_ns_ ? kFlagGap : 0;
  const Int128 twice = (static_cast<Int128>(power) + last_power_) * spec_.unit.numerator;
  chain_.Append(at_ns, twice * length_ns,
                static_cast<Int128>(spec_.unit.denominator) * kNsPerSecond * 2, pending_ | gap,
                out);
  pending_ = 0;
}

}  // namespace wattfleet
