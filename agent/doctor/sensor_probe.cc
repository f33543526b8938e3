#include "agent/doctor/sensor_probe.h"

#include <algorithm>

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Sources that are read less often than this ask a network, a program or a slow bus.
constexpr milliseconds kSlowestHurried(200);
constexpr int kHurry = 10;
constexpr std::int64_t kLeastReads = 5;

nanoseconds SpacingOf(const PowerSource& source) {
  const bool all_counters =
      std::all_of(source.channels().begin(), source.channels().end(),
                  [](const ChannelSpec& spec) { return spec.kind == SampleKind::kCounter; });
  const bool can_hurry = all_counters && source.poll_period() < kSlowestHurried;
  return can_hurry ? source.poll_period() / kHurry : source.poll_period();
}

// The value below which a share of the sorted values lies, by nearest rank.
nanoseconds Quantile(const std::vector<nanoseconds>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

ChannelProbe ProbeOf(const ChangeGaps& gaps) {
  constexpr std::size_t kLeastGaps = 3;
  return {.values = gaps.values(),
          .changes = gaps.changes(),
          .update = gaps.Find(kLeastGaps),
          .changes_at_every_read = gaps.values() > 2 && gaps.changes() == gaps.values() - 1};
}

}  // namespace

SourceProbe ProbeSource(PowerSource& source, const Clock& clock, const Wait& wait,
                        nanoseconds span) {
  SourceProbe probe;
  probe.spacing = SpacingOf(source);
  const std::int64_t wanted = std::max<std::int64_t>(kLeastReads, span / probe.spacing);
  std::vector<ChannelValue> values(source.channels().size());
  std::vector<ChangeGaps> gaps(values.size());
  std::vector<nanoseconds> costs;
  do {
    const MonotonicTime before = clock.MonotonicNow();
    source.Read(values);
    const MonotonicTime after = clock.MonotonicNow();
    const MonotonicTime middle = before + (after - before) / 2;
    costs.push_back(after - before);
    for (std::size_t i = 0; i < values.size(); ++i) {
      gaps[i].Add(std::chrono::duration_cast<nanoseconds>(middle.time_since_epoch()).count(),
                  values[i]);
    }
  } while (++probe.reads < wanted && wait(probe.spacing));
  std::sort(costs.begin(), costs.end());
  probe.cost_median = Quantile(costs, 0.5);
  probe.cost_most = costs.back();
  for (const ChangeGaps& of_channel : gaps) {
    probe.channels.push_back(ProbeOf(of_channel));
  }
  return probe;
}

}  // namespace wattfleet::agent
