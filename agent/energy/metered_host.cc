#include "agent/energy/metered_host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace wattfleet::agent {

namespace {

const char* KindName(SampleKind kind) {
  switch (kind) {
    case SampleKind::kCounter:
      return "counter";
    case SampleKind::kIntervalEnergy:
      return "interval_energy";
    case SampleKind::kPowerInstant:
      return "power_instant";
    case SampleKind::kPowerAverage:
      return "power_average";
  }
  return "";
}

ChannelFacts FactsOf(const ChannelSpec& spec, const PowerSource& source) {
  ChannelFacts facts;
  facts.name = spec.name;
  facts.source = source.name();
  facts.scope = spec.scope;
  facts.facts_json =
      absl::StrFormat(R"({"kind":"%s","method":"alloc-v1","poll_period_us":%d,"source":%s})",
                      KindName(spec.kind), source.poll_period() / std::chrono::microseconds(1),
                      spec.facts_json.empty() ? "{}" : spec.facts_json);
  return facts;
}

void AddTo(ChannelTotal& total, const EnergyInterval& interval) {
  total.until_ns = interval.end_ns;
  total.is_measured = interval.measured;
  if (interval.measured) {
    total.energy += interval.energy;
    total.measured_ns += interval.length_ns();
  }
}

}  // namespace

MeteredHost::Channel::Channel(const ChannelSpec& spec_in, const PowerSource& source)
    : spec(spec_in),
      poll_period(source.poll_period()),
      facts(FactsOf(spec_in, source)),
      update_period(std::max(spec_in.update_period, source.poll_period())),
      reducer(MakeReducer(spec_in, source.poll_period())),
      book(spec_in, source.poll_period()) {}

MeteredHost::MeteredHost(std::vector<std::unique_ptr<Sampler>> samplers) {
  for (std::unique_ptr<Sampler>& sampler : samplers) {
    const PowerSource& source = sampler->source();
    feeds_.push_back({std::move(sampler), channels_.size(), 0});
    for (const ChannelSpec& spec : source.channels()) {
      channels_.push_back(std::make_unique<Channel>(spec, source));
    }
  }
}

void MeteredHost::Start() {
  for (const Feed& feed : feeds_) {
    feed.sampler->Start();
  }
}

std::vector<std::size_t> MeteredHost::ChannelsOf(const std::vector<std::string>& device_ids) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const std::string& device = channels_[i]->spec.device_id;
    const bool is_host = device.empty();
    if (is_host || std::find(device_ids.begin(), device_ids.end(), device) != device_ids.end()) {
      found.push_back(i);
    }
  }
  return found;
}

std::chrono::nanoseconds MeteredHost::KnownAfter(const std::vector<std::size_t>& channels) const {
  constexpr std::chrono::minutes kMost(3);
  std::chrono::nanoseconds longest{0};
  for (const std::size_t index : channels) {
    const Channel& channel = *channels_[index];
    const std::chrono::nanoseconds piece =
        std::max({channel.spec.update_period, channel.spec.window, channel.poll_period});
    longest = std::max(longest, 3 * piece + channel.spec.window + channel.poll_period);
  }
  return std::min<std::chrono::nanoseconds>(longest, kMost);
}

void MeteredHost::TakeIn() {
  absl::MutexLock lock(&mutex_);
  for (Feed& feed : feeds_) {
    feed.next_reading =
        feed.sampler->Visit(feed.next_reading, [this, &feed](const Reading& reading) {
          mutex_.AssertHeld();
          TakeInReading(feed, reading);
        });
  }
}

void MeteredHost::Trace(std::size_t channel, const TraceEvent& event) {
  for (auto& [number, ledger] : ledgers_) {
    ledger.trace->Add(channel, event);
  }
}

void MeteredHost::TakeInReading(const Feed& feed, const Reading& reading) {
  const auto number = static_cast<std::size_t>(&feed - feeds_.data());
  for (auto& [id, ledger] : ledgers_) {
    ledger.trace->AddReading(number, {reading.before_ns, reading.after_ns, reading.flags});
  }
  for (std::size_t i = 0; i < reading.values.size(); ++i) {
    const std::size_t index = feed.first_channel + i;
    Channel& channel = *channels_[index];
    intervals_.clear();
    Trace(index, TracedValue{reading.values[i]});
    channel.reducer->Add({reading.before_ns, reading.after_ns, reading.values[i], reading.flags},
                         intervals_);
    for (const EnergyInterval& interval : intervals_) {
      channel.book.Add(interval, settled_);
      AddTo(channel.total, interval);
    }
    NoteHeat(index, reading.after_ns, reading.values[i]);
    Record(index, intervals_);
    Tell(index);
  }
}

void MeteredHost::NoteHeat(std::size_t index, std::int64_t at_ns, const ChannelValue& value) {
  Channel& channel = *channels_[index];
  const bool is_hot = (value.flags & kFlagThermalThrottled) != 0;
  if (value.fault == ReadFault::kNone && std::exchange(channel.is_hot, is_hot) != is_hot) {
    ++channel.heat_changes;
  }
  if (!value.millicelsius) {
    return;
  }
  for (auto& [number, recording] : recordings_) {
    for (ChannelRecording& part : recording) {
      if (part.channel == index) {
        part.heat.push_back({at_ns, *value.millicelsius});
      }
    }
  }
  for (auto& [number, ledger] : ledgers_) {
    const auto heat = ledger.heat.find(index);
    if (heat != ledger.heat.end() && channel.book.HasOpenRequest()) {
      heat->second.Add(at_ns, *value.millicelsius);
    }
  }
}

bool MeteredHost::IsHeatSteady(std::uint64_t ledger) const {
  absl::MutexLock lock(&mutex_);
  const auto& heat = ledgers_.at(ledger).heat;
  return std::all_of(heat.begin(), heat.end(),
                     [](const auto& channel) { return channel.second.is_steady(); });
}

std::uint64_t MeteredHost::HeatChanges(const std::vector<std::size_t>& channels) const {
  absl::MutexLock lock(&mutex_);
  std::uint64_t changes = 0;
  for (const std::size_t channel : channels) {
    changes += channels_[channel]->heat_changes;
  }
  return changes;
}

void MeteredHost::Record(std::size_t channel, const std::vector<EnergyInterval>& intervals) {
  for (auto& [number, recording] : recordings_) {
    for (ChannelRecording& part : recording) {
      if (part.channel == channel) {
        part.intervals.insert(part.intervals.end(), intervals.begin(), intervals.end());
        part.is_disturbed = part.is_disturbed || channels_[channel]->book.HasOpenRequest();
      }
    }
  }
}

void MeteredHost::Tell(std::size_t channel) {
  for (const SettledRequest& request : settled_) {
    if (const auto ledger = ledgers_.find(request.key.ledger); ledger != ledgers_.end()) {
      ledger->second.on_settled(channel, request.key.request, request.energy);
    }
  }
  settled_.clear();
}

std::vector<ChannelTotal> MeteredHost::Totals() const {
  absl::MutexLock lock(&mutex_);
  std::vector<ChannelTotal> totals;
  for (const auto& channel : channels_) {
    totals.push_back(channel->total);
  }
  return totals;
}

std::uint64_t MeteredHost::OpenLedger(const LedgerOpening& opening, OnSettled on_settled) {
  absl::MutexLock lock(&mutex_);
  const std::uint64_t ledger = next_number_++;
  for (const std::size_t channel : opening.channels) {
    Trace(channel, TracedOpen{.ledger = ledger, .at_ns = opening.now_ns});
    channels_[channel]->book.OpenLedger(ledger, opening.now_ns);
  }
  OpenedLedger& opened = ledgers_[ledger];
  opened = {.on_settled = std::move(on_settled), .trace = StartTrace(ledger, opening), .heat = {}};
  for (const std::size_t channel : opening.channels) {
    if (!channels_[channel]->spec.device_id.empty()) {
      opened.heat[channel] = {};
    }
  }
  return ledger;
}

std::unique_ptr<TraceRecorder> MeteredHost::StartTrace(std::uint64_t ledger,
                                                       const LedgerOpening& opening) {
  std::vector<RecordedChannel> recorded;
  for (const std::size_t index : opening.channels) {
    const Channel& channel = *channels_[index];
    const auto feed = std::find_if(feeds_.rbegin(), feeds_.rend(), [index](const Feed& candidate) {
      return candidate.first_channel <= index;
    });
    RecordedChannel& entry = recorded.emplace_back();
    entry.channel = index;
    entry.feed = static_cast<std::size_t>(feeds_.rend() - feed) - 1;
    entry.poll_period = channel.poll_period;
    entry.start.spec = channel.spec;
    entry.start.is_partial = !opening.has_all_devices && !channel.spec.device_id.empty();
    entry.start.reducer = channel.reducer->State();
    entry.start.book = channel.book.State();
  }
  return std::make_unique<TraceRecorder>(
      LeaseTrace{
          .ledger = ledger, .opened_ns = opening.now_ns, .opened_unix_ms = opening.now_unix_ms},
      std::move(recorded));
}

ClosedLedger MeteredHost::CloseLedger(std::uint64_t ledger,
                                      const std::vector<std::size_t>& channels) {
  ClosedLedger closed;
  std::unique_ptr<TraceRecorder> trace;
  {
    absl::MutexLock lock(&mutex_);
    for (const std::size_t channel : channels) {
      Trace(channel, TracedClose{.ledger = ledger});
      closed.entries.push_back(channels_[channel]->book.CloseLedger(ledger));
      closed.entries.back().channel = static_cast<std::uint32_t>(closed.entries.size() - 1);
    }
    const auto found = ledgers_.find(ledger);
    trace = std::move(found->second.trace);
    ledgers_.erase(found);
  }
  closed.trace = trace->Pack();
  return closed;
}

bool MeteredHost::IsPowerSteady(std::uint64_t ledger,
                                const std::vector<std::size_t>& channels) const {
  absl::MutexLock lock(&mutex_);
  return std::all_of(channels.begin(), channels.end(), [&](std::size_t channel) {
    return channels_[channel]->book.IsSteady(ledger);
  });
}

void MeteredHost::NameUnit(RequestKey key, Unit unit) {
  absl::MutexLock lock(&mutex_);
  ledgers_.at(key.ledger).trace->AddUnit({.request = key.request, .unit = unit});
}

void MeteredHost::StartRequest(std::size_t channel, RequestKey key, std::int64_t start_ns) {
  absl::MutexLock lock(&mutex_);
  Trace(channel, TracedStart{.key = key, .at_ns = start_ns});
  channels_[channel]->book.Start(key, start_ns);
}

void MeteredHost::MarkFirstToken(std::size_t channel, RequestKey key, std::int64_t at_ns) {
  absl::MutexLock lock(&mutex_);
  Trace(channel, TracedFirstToken{.key = key, .at_ns = at_ns});
  channels_[channel]->book.MarkFirstToken(key, at_ns);
}

void MeteredHost::EndRequest(std::size_t channel, RequestKey key, std::int64_t end_ns,
                             RequestFate fate) {
  absl::MutexLock lock(&mutex_);
  Trace(channel, TracedEnd{.key = key, .at_ns = end_ns, .fate = fate});
  channels_[channel]->book.End(key, end_ns, fate, settled_);
  Tell(channel);
}

void MeteredHost::ForceRequest(std::size_t channel, RequestKey key) {
  absl::MutexLock lock(&mutex_);
  Trace(channel, TracedForce{.key = key});
  channels_[channel]->book.Force(key, settled_);
  Tell(channel);
}

std::uint64_t MeteredHost::StartRecording(const std::vector<std::size_t>& channels) {
  absl::MutexLock lock(&mutex_);
  const std::uint64_t number = next_number_++;
  for (const std::size_t channel : channels) {
    recordings_[number].push_back({.channel = channel});
  }
  return number;
}

bool MeteredHost::HasRecorded(std::uint64_t recording, std::int64_t until_ns) const {
  absl::MutexLock lock(&mutex_);
  const auto& parts = recordings_.at(recording);
  return std::all_of(parts.begin(), parts.end(), [until_ns](const ChannelRecording& part) {
    return !part.intervals.empty() && part.intervals.back().end_ns >= until_ns;
  });
}

std::vector<ChannelRecording> MeteredHost::TakeRecording(std::uint64_t recording) {
  absl::MutexLock lock(&mutex_);
  const auto found = recordings_.find(recording);
  std::vector<ChannelRecording> parts = std::move(found->second);
  recordings_.erase(found);
  return parts;
}

void MeteredHost::SetBaseline(std::size_t channel, std::optional<Baseline> baseline,
                              Flags why_none) {
  absl::MutexLock lock(&mutex_);
  Trace(channel, TracedBaseline{.baseline = baseline, .why_none = why_none});
  channels_[channel]->book.SetBaseline(baseline, why_none);
}

}  // namespace wattfleet::agent
