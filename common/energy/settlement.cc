#include "common/energy/settlement.h"

#include <algorithm>
#include <cmath>

namespace wattfleet {

namespace {

constexpr std::int64_t kMillion = 1'000'000;
// A read may be a quarter of its period late without a flag.
constexpr double kLateRead = 1.25;

double Watts(Microjoules energy, std::int64_t ns) {
  return ns > 0 ? static_cast<double>(energy) * 1e3 / static_cast<double>(ns) : 0;
}

Flags SpoilingFlags() {
  Flags spoiling = 0;
  for (const FlagRow& row : AllFlags()) {
    spoiling |= row.spoils_energy ? row.bit : 0;
  }
  return spoiling;
}

bool IsPowerKind(SampleKind kind) {
  return kind == SampleKind::kPowerInstant || kind == SampleKind::kPowerAverage;
}

// Far below idle while a request runs: the sensor does not see this work.
bool IsTooLow(const RequestTally& tally, const std::optional<Baseline>& baseline) {
  constexpr double kLeastShareOfIdle = 0.2;
  return baseline && tally.channel_ns > 0 &&
         Watts(tally.channel_energy, tally.channel_ns) <
             kLeastShareOfIdle * static_cast<double>(baseline->idle_uw) * 1e-6;
}

// How long one value of the sensor stands for.
std::chrono::nanoseconds SensorPeriod(const ChannelTraits& traits) {
  return std::max({traits.spec.update_period, traits.spec.window, traits.poll_period});
}

Flags JudgedFlags(const RequestTally& tally, const ChannelTraits& traits,
                  const std::optional<Baseline>& baseline) {
  const std::int64_t duration_ns = tally.end_ns - tally.start_ns;
  Flags flags = tally.flags;
  if (duration_ns < 10 * SensorPeriod(traits).count()) {
    flags |= kFlagShortWindow;
  }
  if (!tally.idle_known || !baseline) {
    flags |= kFlagIdleUnknown;
  }
  if (IsTooLow(tally, baseline)) {
    flags |= kFlagImplausible;
  }
  return flags;
}

bool IsValid(const RequestTally& tally, const ChannelTraits& traits, Flags flags) {
  static const Flags kSpoiling = SpoilingFlags();
  const std::int64_t duration_ns = tally.end_ns - tally.start_ns;
  const bool covered = tally.covered_ns >= duration_ns - duration_ns / 10;
  const bool bridged = IsPowerKind(traits.spec.kind) && tally.gap_ns > duration_ns / 10;
  const bool smeared = traits.spec.kind == SampleKind::kPowerAverage &&
                       duration_ns < 10 * traits.spec.window.count();
  return (flags & kSpoiling) == 0 && covered && !bridged && !smeared;
}

// Of the energy between two values, how much the sensor may not have seen: all, nothing, or, of
// means whose windows follow each other to within an update and half a read, that share.
double UnseenShare(const ChannelTraits& traits) {
  const std::chrono::duration<double> window = traits.spec.window;
  switch (traits.spec.kind) {
    case SampleKind::kCounter:
    case SampleKind::kIntervalEnergy:
      return traits.spec.part_time ? 1 : 0;
    case SampleKind::kPowerInstant:
      return 1;
    case SampleKind::kPowerAverage:
      return window <= std::max(traits.spec.update_period, traits.poll_period)
                 ? 1
                 : (traits.spec.update_period + traits.poll_period) / 2 / window;
  }
  return 1;
}

// How well the moments are known at which the channel's power changed, in seconds.
double EdgeSeconds(const RequestTally& tally, const ChannelTraits& traits) {
  const auto seconds = [](std::chrono::nanoseconds span) {
    return std::chrono::duration<double>(span).count();
  };
  const double period = seconds(SensorPeriod(traits));
  if (IsPowerKind(traits.spec.kind)) {
    return std::hypot(period, seconds(traits.spec.update_period));
  }
  return traits.spec.part_time || !tally.idle_known ? period : seconds(traits.poll_period);
}

// By how much the channel's power changed at the request's edges: by the request's mean power above
// idle, or, for a request alone, by that of its strongest interval, where that is more.
double EdgeWatts(const RequestTally& tally, const std::optional<Baseline>& baseline,
                 double seconds) {
  const Microjoules above_idle = tally.idle_known ? tally.dynamic_part : tally.gross();
  const double own = static_cast<double>(above_idle) * 1e-6 / seconds;
  if ((tally.flags & kFlagEqualShare) != 0) {
    return own;
  }
  const double idle = baseline ? static_cast<double>(baseline->idle_uw) * 1e-6 : 0;
  return std::max(own, tally.most_watts - idle);
}

// What the idle power of a sensor of energy adds to the uncertainty of each edge, in watts x
// seconds: the idle side of the interval that the edge lies in is priced at it, and reaches to a
// knot (of a counter) or to the end of a span (that was read when it came) whose moment is known to
// within two reads (the second may be a quarter late unflagged), or to within an update where these
// are finer.
double KnotJoules(const RequestTally& tally, const ChannelTraits& traits, double seconds) {
  if (IsPowerKind(traits.spec.kind) || !tally.idle_known) {
    return 0;
  }
  const double own_idle_watts = static_cast<double>(tally.static_part) * 1e-6 / seconds;
  const std::chrono::duration<double> update = traits.spec.update_period;
  const auto tau = std::min(kLateRead * std::chrono::duration<double>(traits.poll_period), update);
  return own_idle_watts * tau.count();
}

}  // namespace

void RequestTally::Touch(const EnergyInterval& interval, std::int64_t overlap_ns) {
  const double watts = Watts(interval.energy, interval.length_ns());
  least_watts = channel_ns == 0 ? watts : std::min(least_watts, watts);
  most_watts = channel_ns == 0 ? watts : std::max(most_watts, watts);
  ++intervals;
  max_gap_ns = std::max(max_gap_ns, interval.length_ns());
  covered_ns += overlap_ns;
  gap_ns += (interval.flags & kFlagGap) != 0 ? overlap_ns : 0;
  channel_energy += interval.energy;
  channel_ns += interval.length_ns();
  flags |= interval.flags;
}

void RequestTally::TouchHole(const EnergyInterval& interval) {
  max_gap_ns = std::max(max_gap_ns, interval.length_ns());
  flags |= interval.flags;
}

double RandomUncertainty(const RequestTally& tally, const ChannelTraits& traits,
                         const std::optional<Baseline>& baseline) {
  const double seconds = static_cast<double>(tally.end_ns - tally.start_ns) * 1e-9;
  if (seconds <= 0) {
    return 0;
  }
  const double edge =
      EdgeWatts(tally, baseline, seconds) * 1e6 * EdgeSeconds(tally, traits) / std::sqrt(12.0);
  const double knot = KnotJoules(tally, traits, seconds) * 1e6 / std::sqrt(12.0);
  const double unit = static_cast<double>(traits.spec.unit.numerator) /
                      static_cast<double>(traits.spec.unit.denominator);
  const double quantum = IsPowerKind(traits.spec.kind) ? unit * seconds : unit;
  const double gap = (tally.most_watts - tally.least_watts) * 1e6 *
                     static_cast<double>(tally.gap_ns) * 1e-9 / std::sqrt(12.0);
  const double idle = baseline ? static_cast<double>(baseline->uncertainty_uw) *
                                     static_cast<double>(tally.boundary_idle_ns) * 1e-9
                               : 0;
  const double sampled = UnseenShare(traits) * tally.steps.SampledMicrojoules();
  const double neighbour = tally.steps.NeighbourMicrojoules(kLateRead * EdgeSeconds(tally, traits));
  return std::sqrt(2 * (edge * edge + knot * knot) + quantum * quantum / 6 + gap * gap +
                   idle * idle + sampled * sampled + neighbour * neighbour);
}

ChannelEnergy Settle(const RequestTally& tally, const ChannelTraits& traits,
                     const std::optional<Baseline>& baseline) {
  ChannelEnergy result;
  result.flags = JudgedFlags(tally, traits, baseline);
  if (baseline) {
    result.baseline_id = baseline->id;
  }
  result.samples = tally.intervals;
  if (tally.max_gap_ns > 0) {
    result.max_gap_ns = tally.max_gap_ns;
  }
  const std::int64_t duration_ns = tally.end_ns - tally.start_ns;
  if (duration_ns > 0) {
    result.covered_ppm = static_cast<std::int64_t>(static_cast<double>(tally.covered_ns) /
                                                   static_cast<double>(duration_ns) * kMillion);
  }
  if (!IsValid(tally, traits, result.flags)) {
    result.status = EnergyStatus::kInvalid;
    return result;
  }
  result.status = traits.spec.scope == Scope::kModelled   ? EnergyStatus::kModelled
                  : traits.spec.scope == Scope::kRecorded ? EnergyStatus::kImported
                                                          : EnergyStatus::kMeasured;
  result.gross = tally.gross();
  if (tally.idle_known && baseline) {
    result.net = tally.dynamic_part;
  }
  result.random = std::llround(RandomUncertainty(tally, traits, baseline));
  if (tally.first_token_ns) {
    const PhaseSpan phase{tally.start_ns, *tally.first_token_ns, tally.end_ns};
    result.prefill = tally.phases.Prefill(phase, SensorPeriod(traits));
  }
  return result;
}

}  // namespace wattfleet
