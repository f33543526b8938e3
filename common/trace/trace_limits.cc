#include "common/trace/trace_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_format.h"

namespace wattfleet {

namespace {

// 13 days either side of the lease's start: of everything that a lease's books can speak of.
constexpr std::int64_t kReachNs = std::int64_t{1} << 50;
constexpr std::int64_t kPeriodNsMax = std::int64_t{1} << 42;        // 73 minutes
constexpr std::int64_t kUnitPartMax = std::int64_t{1} << 50;        // a kWh is 3.6e12 uJ
constexpr std::int64_t kIdleMicrowattsMax = std::int64_t{1} << 40;  // a megawatt
constexpr double kWattsMax = 1e6;
constexpr Microjoules kAgingMicrojoulesMax = Microjoules{1} << 46;  // 70 MJ
constexpr std::size_t kAgingMax = 1U << 16;
constexpr double kCarryMax = 16;

class Limits {
 public:
  explicit Limits(std::int64_t opened_ns) : opened_ns_(opened_ns) {}

  void Require(bool holds, const char* what) {
    if (!holds && wrong_.empty()) {
      wrong_ = what;
    }
  }
  void Time(std::int64_t at_ns, const char* what) {
    Require(at_ns >= opened_ns_ - kReachNs && at_ns <= opened_ns_ + kReachNs, what);
  }
  void Time(const std::optional<std::int64_t>& at_ns, const char* what) {
    if (at_ns) {
      Time(*at_ns, what);
    }
  }
  void Period(std::chrono::nanoseconds period, const char* what) {
    Require(period.count() >= 0 && period.count() <= kPeriodNsMax, what);
  }
  void Power(const std::optional<Baseline>& baseline) {
    if (baseline) {
      Require(baseline->idle_uw >= 0 && baseline->idle_uw <= kIdleMicrowattsMax &&
                  baseline->uncertainty_uw >= 0 && baseline->uncertainty_uw <= kIdleMicrowattsMax,
              "baseline");
    }
  }
  absl::Status status() const {
    return wrong_.empty() ? absl::OkStatus()
                          : absl::InvalidArgumentError(
                                absl::StrFormat("damaged trace: its %s cannot be", wrong_));
  }

 private:
  const std::int64_t opened_ns_;
  std::string wrong_;
};

bool IsPower(const ChannelSpec& spec) {
  return spec.kind == SampleKind::kPowerInstant || spec.kind == SampleKind::kPowerAverage;
}

// Watts x nanoseconds of a power sensor's raw value must fit in 128 bits.
bool IsRawInReach(const ChannelSpec& spec, std::uint64_t raw) {
  constexpr double kMost = 1.8e22;  // 2^74
  return !IsPower(spec) ||
         static_cast<double>(raw) * static_cast<double>(spec.unit.numerator) < kMost;
}

void CheckSpec(const ChannelSpec& spec, Limits& limits) {
  limits.Require(spec.unit.numerator >= 1 && spec.unit.numerator <= kUnitPartMax &&
                     spec.unit.denominator >= 1 && spec.unit.denominator <= kUnitPartMax,
                 "unit");
  limits.Period(spec.update_period, "update period");
  limits.Period(spec.window, "window");
  limits.Require(std::isfinite(spec.max_watts) && spec.max_watts > 0 && spec.max_watts <= kWattsMax,
                 "greatest power");
}

void CheckReducer(const TracedChannel& channel, Limits& limits) {
  const ReducerState& state = channel.reducer;
  const ChainState& chain = state.chain;
  constexpr Int128 kDenominatorMax = static_cast<Int128>(1) << 90;
  limits.Time(chain.edge_ns, "edge");
  limits.Require(chain.kept >= 0 && chain.kept <= kAgingMicrojoulesMax, "kept energy");
  limits.Require(chain.remainder_denominator >= 1 &&
                     chain.remainder_denominator <= kDenominatorMax && chain.remainder >= 0 &&
                     chain.remainder < chain.remainder_denominator,
                 "remainder");
  limits.Require(!state.has_knot || chain.edge_ns, "knot");
  limits.Require(!state.has_last || chain.edge_ns || !IsPower(channel.spec), "last value");
  constexpr std::uint64_t kPowerRawMax = std::numeric_limits<std::int64_t>::max();
  limits.Require(IsRawInReach(channel.spec, state.last_raw) &&
                     (!IsPower(channel.spec) || state.last_raw <= kPowerRawMax),
                 "last value");
  if (state.has_last) {
    limits.Time(state.last_ns, "last reading");
  }
  if (state.has_last && channel.spec.kind == SampleKind::kCounter) {
    limits.Time(state.first_ns, "first reading");
  }
}

void CheckBook(const TracedChannel& channel, Limits& limits) {
  const BookState& book = channel.book;
  limits.Power(book.baseline);
  limits.Time(book.allocated_to_ns, "allocated time");
  limits.Require(book.aging.size() <= kAgingMax, "aging intervals");
  const EnergyInterval* last = nullptr;
  for (const EnergyInterval& interval : book.aging) {
    limits.Time(interval.start_ns, "interval");
    limits.Time(interval.end_ns, "interval");
    limits.Require(interval.start_ns < interval.end_ns &&
                       (last == nullptr || interval.start_ns >= last->end_ns),
                   "interval");
    limits.Require(interval.energy >= 0 && interval.energy <= kAgingMicrojoulesMax,
                   "interval's energy");
    last = &interval;
  }
  const auto& edge_ns = channel.reducer.chain.edge_ns;
  limits.Require(last == nullptr || (edge_ns && *edge_ns >= last->end_ns), "edge");
  for (const BookState::OpenLedger& ledger : book.ledgers) {
    limits.Time(ledger.opened_ns, "ledger");
  }
  for (const BookState::OpenRequest& request : book.requests) {
    limits.Time(request.start_ns, "request");
    limits.Time(request.end_ns, "request");
    limits.Require(
        std::abs(request.static_carry) <= kCarryMax && std::abs(request.dynamic_carry) <= kCarryMax,
        "carry");
    limits.Require(std::any_of(book.ledgers.begin(), book.ledgers.end(),
                               [&](const BookState::OpenLedger& ledger) {
                                 return ledger.ledger == request.key.ledger;
                               }),
                   "request's ledger");
  }
}

void CheckEvents(const TracedChannel& channel, const LeaseTrace& trace, Limits& limits) {
  std::size_t values = 0;
  for (const TraceEvent& event : channel.events) {
    if (const auto* value = std::get_if<TracedValue>(&event)) {
      ++values;
      limits.Require(IsRawInReach(channel.spec, value->value.raw), "value");
      const std::int64_t elapsed_ns = value->value.elapsed.count();
      limits.Require(elapsed_ns >= -kPeriodNsMax && elapsed_ns <= kPeriodNsMax, "span");
    } else if (const auto* start = std::get_if<TracedStart>(&event)) {
      limits.Time(start->at_ns, "start");
    } else if (const auto* token = std::get_if<TracedFirstToken>(&event)) {
      limits.Time(token->at_ns, "first token");
    } else if (const auto* end = std::get_if<TracedEnd>(&event)) {
      limits.Time(end->at_ns, "end");
    } else if (const auto* open = std::get_if<TracedOpen>(&event)) {
      limits.Time(open->at_ns, "ledger");
    } else if (const auto* baseline = std::get_if<TracedBaseline>(&event)) {
      limits.Power(baseline->baseline);
    }
  }
  limits.Require(channel.source < trace.sources.size() &&
                     values == trace.sources[channel.source].readings.size(),
                 "number of readings");
}

}  // namespace

absl::Status CheckTraceLimits(const LeaseTrace& trace) {
  constexpr std::int64_t kOpenedMax = std::int64_t{1} << 61;
  if (trace.opened_ns < -kOpenedMax || trace.opened_ns > kOpenedMax) {
    return absl::InvalidArgumentError("damaged trace: its start cannot be");
  }
  Limits limits(trace.opened_ns);
  for (const TracedSource& source : trace.sources) {
    limits.Require(source.poll_period.count() > 0, "poll period");
    limits.Period(source.poll_period, "poll period");
    std::int64_t last_ns = trace.opened_ns - kReachNs;
    for (const TracedReading& reading : source.readings) {
      limits.Time(reading.before_ns, "reading");
      limits.Time(reading.after_ns, "reading");
      limits.Require(reading.before_ns >= last_ns && reading.after_ns >= reading.before_ns,
                     "order of readings");
      last_ns = reading.before_ns;
    }
  }
  for (const TracedChannel& channel : trace.channels) {
    CheckSpec(channel.spec, limits);
    CheckReducer(channel, limits);
    CheckBook(channel, limits);
    CheckEvents(channel, trace, limits);
  }
  return limits.status();
}

}  // namespace wattfleet
