#include "common/trace/replay_trace.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"

#include "common/energy/channel_book.h"

namespace wattfleet {

namespace {

constexpr std::array kMethods = std::to_array<ReplayMethodRow>({
    {ReplayMethod::kAllocV1, "alloc-v1", "idle time at the loaded-idle power, as agents do"},
    {ReplayMethod::kPresenceLinear, "presence-linear",
     "an interval's energy spread evenly over its time: plain interpolation"},
});

// One channel's reducer and books, fed with a trace's events.
class ChannelReplay {
 public:
  ChannelReplay(const LeaseTrace& trace, std::size_t index, ReplayMethod method)
      : channel_(trace.channels[index]),
        source_(trace.sources[channel_.source]),
        own_ledger_(trace.ledger),
        has_baselines_(method != ReplayMethod::kPresenceLinear),
        reducer_(MakeReducer(channel_.spec, source_.poll_period)),
        book_(channel_.spec, source_.poll_period) {
    reducer_->Restore(channel_.reducer);
    BookState state = channel_.book;
    if (!has_baselines_) {
      state.baseline.reset();
    }
    book_.Restore(state);
    for (const BookState::OpenLedger& ledger : state.ledgers) {
      ledgers_.insert(ledger.ledger);
    }
    for (const BookState::OpenRequest& request : state.requests) {
      requests_[request.key] = request.fate.has_value();
    }
  }

  // False when an event cannot have happened where it stands.
  bool Run() {
    return ledgers_.contains(own_ledger_) &&
           std::all_of(channel_.events.begin(), channel_.events.end(),
                       [this](const TraceEvent& event) { return std::visit(*this, event); });
  }
  const std::vector<SettledRequest>& settled() const { return settled_; }
  const std::optional<LedgerEntry>& ledger() const { return ledger_; }

  bool operator()(const TracedValue& event) {
    const TracedReading& reading = source_.readings[next_reading_++];
    intervals_.clear();
    reducer_->Add({reading.before_ns, reading.after_ns, event.value, reading.flags}, intervals_);
    for (const EnergyInterval& interval : intervals_) {
      book_.Add(interval, settled_);
    }
    return true;
  }
  bool operator()(const TracedStart& event) {
    if (!ledgers_.contains(event.key.ledger) || !requests_.try_emplace(event.key, false).second) {
      return false;
    }
    book_.Start(event.key, event.at_ns);
    return true;
  }
  bool operator()(const TracedFirstToken& event) {
    const auto found = requests_.find(event.key);
    if (found == requests_.end() || found->second) {
      return false;
    }
    book_.MarkFirstToken(event.key, event.at_ns);
    return true;
  }
  bool operator()(const TracedEnd& event) {
    const auto found = requests_.find(event.key);
    if (found == requests_.end() || found->second) {
      return false;
    }
    found->second = true;
    book_.End(event.key, event.at_ns, event.fate, settled_);
    return true;
  }
  bool operator()(const TracedForce& event) {
    const auto found = requests_.find(event.key);
    if (found != requests_.end() && !found->second) {
      return false;  // one that had settled before the lease opened is not known
    }
    book_.Force(event.key, settled_);
    return true;
  }
  bool operator()(const TracedOpen& event) {
    if (!ledgers_.insert(event.ledger).second) {
      return false;
    }
    book_.OpenLedger(event.ledger, event.at_ns);
    return true;
  }
  bool operator()(const TracedClose& event) {
    if (ledgers_.erase(event.ledger) == 0) {
      return false;
    }
    const LedgerEntry entry = book_.CloseLedger(event.ledger);
    requests_.erase(requests_.lower_bound({event.ledger, 0}),
                    requests_.lower_bound({event.ledger + 1, 0}));
    if (event.ledger == own_ledger_) {
      ledger_ = entry;
    }
    return true;
  }
  bool operator()(const TracedBaseline& event) {
    book_.SetBaseline(has_baselines_ ? event.baseline : std::nullopt, event.why_none);
    return true;
  }

 private:
  const TracedChannel& channel_;
  const TracedSource& source_;
  const std::uint64_t own_ledger_;
  const bool has_baselines_;
  std::unique_ptr<IntervalReducer> reducer_;
  ChannelBook book_;
  std::size_t next_reading_ = 0;
  std::vector<EnergyInterval> intervals_;
  std::vector<SettledRequest> settled_;
  std::optional<LedgerEntry> ledger_;
  std::set<std::uint64_t> ledgers_;
  std::map<RequestKey, bool> requests_;  // whether they have ended
};

}  // namespace

std::span<const ReplayMethodRow> ReplayMethods() {
  return kMethods;
}

std::optional<ReplayMethod> ReplayMethodByName(std::string_view name) {
  const auto at = std::find_if(kMethods.begin(), kMethods.end(),
                               [&](const ReplayMethodRow& row) { return row.name == name; });
  return at == kMethods.end() ? std::nullopt : std::optional(at->method);
}

absl::StatusOr<Replay> ReplayTrace(const LeaseTrace& trace, ReplayMethod method) {
  std::map<std::uint64_t, Unit> unit_of;
  for (const TracedUnit& unit : trace.units) {
    unit_of[unit.request] = unit.unit;
  }
  Replay replay;
  for (std::size_t i = 0; i < trace.channels.size(); ++i) {
    ChannelReplay channel(trace, i, method);
    if (!channel.Run()) {
      return absl::InvalidArgumentError("damaged trace: its events cannot have come in this order");
    }
    for (const SettledRequest& settled : channel.settled()) {
      const auto unit = unit_of.find(settled.key.request);
      if (settled.key.ledger != trace.ledger || unit == unit_of.end()) {
        continue;
      }
      ReplayedUnit& replayed = replay.units.emplace_back();
      replayed.unit = unit->second;
      replayed.energy = settled.energy;
      replayed.energy.channel = static_cast<std::uint32_t>(i);
      if (trace.channels[i].is_partial && replayed.energy.status == EnergyStatus::kMeasured) {
        replayed.energy.status = EnergyStatus::kPartial;
      }
    }
    if (channel.ledger()) {
      replay.ledger.push_back(*channel.ledger());
      replay.ledger.back().channel = static_cast<std::uint32_t>(i);
    }
  }
  return replay;
}

std::vector<EnergyInterval> IntervalsOf(const LeaseTrace& trace, std::size_t channel) {
  const TracedChannel& traced = trace.channels[channel];
  const TracedSource& source = trace.sources[traced.source];
  const auto reducer = MakeReducer(traced.spec, source.poll_period);
  reducer->Restore(traced.reducer);
  std::vector<EnergyInterval> intervals = traced.book.aging;
  std::size_t next = 0;
  for (const TraceEvent& event : traced.events) {
    if (const auto* value = std::get_if<TracedValue>(&event)) {
      const TracedReading& reading = source.readings[next++];
      reducer->Add({reading.before_ns, reading.after_ns, value->value, reading.flags}, intervals);
    }
  }
  return intervals;
}

}  // namespace wattfleet
