#include "common/energy/counter_reducer.h"

#include <algorithm>

namespace wattfleet {

namespace {

// So many reads in a row with a new value each: the counter is finer than the reads.
constexpr int kFollowAfter = 8;

}  // namespace

CounterReducer::CounterReducer(const ChannelSpec& spec, std::chrono::nanoseconds poll_period)
    : spec_(spec),
      gap_ns_(GapThresholdNs(spec, poll_period)),
      stall_ns_(5 * std::max(spec.update_period, poll_period).count()),
      chain_(spec.max_watts),
      changes_in_a_row_(spec.update_period < poll_period ? kFollowAfter : 0) {}

void CounterReducer::Add(const SensorReading& reading, std::vector<EnergyInterval>& out) {
  const std::int64_t at_ns = reading.at_ns();
  pending_ |= reading.flags | reading.value.flags;
  if (reading.value.fault == ReadFault::kUnavailable) {
    return;  // the next good read shows whether it left a gap
  }
  if (reading.value.fault == ReadFault::kLost) {
    Lose(at_ns, kFlagChannelLost, out);
    return;
  }
  if ((pending_ & kFlagSuspended) != 0 && has_last_) {
    Lose(at_ns, kFlagSuspended, out);
  }
  if (!has_last_) {
    AddFirst(at_ns, reading.value.raw, out);
  } else if (reading.value.raw == last_raw_) {
    AddSame(at_ns, out);
  } else {
    AddChange(at_ns, reading.value.raw, out);
  }
  last_ns_ = at_ns;
}

void CounterReducer::AddFirst(std::int64_t at_ns, std::uint64_t raw,
                              std::vector<EnergyInterval>& out) {
  has_last_ = true;
  last_raw_ = raw;
  repeated_ = false;
  first_ns_ = at_ns;
  if (spec_.may_stand_still) {
    StartAt(at_ns, out);
  }
}

void CounterReducer::StartAt(std::int64_t knot_ns, std::vector<EnergyInterval>& out) {
  if (chain_.edge_ns()) {
    chain_.AppendHole(knot_ns, pending_, out);
  } else {
    chain_.Begin(knot_ns);
  }
  pending_ = 0;
  has_knot_ = true;
}

void CounterReducer::AddSame(std::int64_t at_ns, std::vector<EnergyInterval>& out) {
  repeated_ = true;
  changes_in_a_row_ = 0;
  const Flags stalled = spec_.may_stand_still ? 0 : kFlagCounterStalled;
  if (has_knot_ && at_ns - *chain_.edge_ns() > stall_ns_) {
    chain_.Append(at_ns, 0, spec_.unit.denominator, pending_ | stalled, out);
    pending_ = 0;
  } else if (!has_knot_ && at_ns - first_ns_ > stall_ns_) {
    chain_.Begin(first_ns_);
    chain_.AppendHole(at_ns, pending_ | stalled, out);
    pending_ = 0;
  }
}

std::int64_t CounterReducer::KnotNs(std::int64_t at_ns) {
  changes_in_a_row_ = repeated_ ? 0 : std::min(changes_in_a_row_ + 1, kFollowAfter);
  const bool follows = changes_in_a_row_ >= kFollowAfter;
  const std::int64_t knot_ns = follows ? at_ns : last_ns_ + (at_ns - last_ns_) / 2;
  return chain_.edge_ns() ? std::max(knot_ns, *chain_.edge_ns()) : knot_ns;
}

std::optional<std::uint64_t> CounterReducer::Advance(std::uint64_t raw, std::int64_t ns) const {
  if (raw >= last_raw_) {
    return raw - last_raw_;
  }
  if (!spec_.modulus || last_raw_ >= *spec_.modulus) {
    return std::nullopt;
  }
  const std::uint64_t wrapped = *spec_.modulus - last_raw_ + raw;
  const double microjoules = static_cast<double>(wrapped) *
                             static_cast<double>(spec_.unit.numerator) /
                             static_cast<double>(spec_.unit.denominator);
  if (chain_.IsImplausible(microjoules, ns)) {
    return std::nullopt;
  }
  return wrapped;
}

void CounterReducer::AddChange(std::int64_t at_ns, std::uint64_t raw,
                               std::vector<EnergyInterval>& out) {
  // The time in which the difference was drawn, at its longest.
  const std::int64_t since_ns = at_ns - (has_knot_ ? *chain_.edge_ns() : last_ns_);
  const std::optional<std::uint64_t> advance = Advance(raw, since_ns);
  if (!advance) {
    Lose(at_ns, kFlagCounterReset, out);
    has_last_ = true;
    last_raw_ = raw;
    return;
  }
  const std::int64_t knot_ns = KnotNs(at_ns);
  if (has_knot_) {
    const Flags gap = knot_ns - *chain_.edge_ns() > gap_ns_ ? kFlagGap : 0;
    chain_.Append(knot_ns, static_cast<Int128>(*advance) * spec_.unit.numerator,
                  spec_.unit.denominator, pending_ | gap, out);
    pending_ = 0;
  } else {
    StartAt(knot_ns, out);
  }
  last_raw_ = raw;
  repeated_ = false;
}

void CounterReducer::Lose(std::int64_t at_ns, Flags why, std::vector<EnergyInterval>& out) {
  if (chain_.edge_ns()) {
    chain_.AppendHole(at_ns, pending_ | why, out);
  }
  // The time until the next knot belongs to the same incident.
  pending_ = why;
  has_last_ = false;
  has_knot_ = false;
  repeated_ = false;
}

ReducerState CounterReducer::State() const {
  return {.chain = chain_.state(),
          .pending = pending_,
          .has_last = has_last_,
          .last_raw = last_raw_,
          .last_ns = last_ns_,
          .first_ns = first_ns_,
          .has_knot = has_knot_,
          .repeated = repeated_,
          .changes_in_a_row = changes_in_a_row_};
}

void CounterReducer::Restore(const ReducerState& state) {
  chain_.Restore(state.chain);
  pending_ = state.pending;
  has_last_ = state.has_last;
  last_raw_ = state.last_raw;
  last_ns_ = state.last_ns;
  first_ns_ = state.first_ns;
  has_knot_ = state.has_knot;
  repeated_ = state.repeated;
  changes_in_a_row_ = state.changes_in_a_row;
}

}  // namespace wattfleet
