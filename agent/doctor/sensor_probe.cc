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

// Follows one channel from read to read.
class ChangeLog {
 public:
  void Add(const ChannelValue& value, MonotonicTime at) {
    if (value.fault != ReadFault::kNone) {
      return;
    }
    if (probe_.values > 0 && (value.raw != last_.raw || value.elapsed != last_.elapsed)) {
      ++probe_.changes;
      if (changed_) {
        gaps_.push_back(at - *changed_);
      }
      changed_ = at;
    }
    ++probe_.values;
    last_ = value;
  }

  ChannelProbe Finish() {
    constexpr std::size_t kLeastGaps = 3;
    probe_.changes_at_every_read = probe_.values > 2 && probe_.changes == probe_.values - 1;
    if (!probe_.changes_at_every_read && gaps_.size() >= kLeastGaps) {
      std::sort(gaps_.begin(), gaps_.end());
      probe_.update = UpdatePeriod{
          .median = Quantile(gaps_, 0.5), .least = gaps_.front(), .p95 = Quantile(gaps_, 0.95)};
    }
    return probe_;
  }

 private:
  ChannelProbe probe_;
  ChannelValue last_;
  std::optional<MonotonicTime> changed_;
  std::vector<nanoseconds> gaps_;
};

}  // namespace

SourceProbe ProbeSource(PowerSource& source, const Clock& clock, const Wait& wait,
                        nanoseconds span) {
  SourceProbe probe;
  probe.spacing = SpacingOf(source);
  const std::int64_t wanted = std::max<std::int64_t>(kLeastReads, span / probe.spacing);
  std::vector<ChannelValue> values(source.channels().size());
  std::vector<ChangeLog> logs(values.size());
  std::vector<nanoseconds> costs;
  do {
    const MonotonicTime before = clock.MonotonicNow();
    source.Read(values);
    const MonotonicTime after = clock.MonotonicNow();
    costs.push_back(after - before);
    for (std::size_t i = 0; i < values.size(); ++i) {
      logs[i].Add(values[i], before + (after - before) / 2);
    }
  } while (++probe.reads < wanted && wait(probe.spacing));
  std::sort(costs.begin(), costs.end());
  probe.cost_median = Quantile(costs, 0.5);
  probe.cost_most = costs.back();
  for (ChangeLog& log : logs) {
    probe.channels.push_back(log.Finish());
  }
  return probe;
}

}  // namespace wattfleet::agent
