#include "tests/unit/common/trace/simulated_books.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace wattfleet::testing {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::uint64_t kOther = 3;
constexpr std::uint64_t kOwn = 8;
constexpr std::int64_t kEndNs = 6'000 * kMs;
constexpr std::int64_t kOpenNs = 2'000 * kMs;

std::vector<ChannelSpec> Specs() {
  std::vector<ChannelSpec> specs(4);
  specs[0] = {.name = "counter", .kind = SampleKind::kCounter, .device_id = "GPU-1"};
  specs[0].unit = {1'000'000, 65'536};
  specs[0].update_period = milliseconds(100);
  specs[1] = {.name = "wrapping", .kind = SampleKind::kCounter, .scope = Scope::kCpuPackage};
  specs[1].modulus = 40'000'000;
  specs[1].update_period = milliseconds(1);
  specs[2] = {.name = "power", .kind = SampleKind::kPowerInstant, .scope = Scope::kDram};
  specs[2].unit = {1'000, 3};
  specs[3] = {.name = "span", .kind = SampleKind::kIntervalEnergy, .scope = Scope::kWall};
  specs[3].unit = {1, 7};
  return specs;
}

struct Channel {
  explicit Channel(const ChannelSpec& spec_in)
      : spec(spec_in),
        reducer(MakeReducer(spec_in, milliseconds(50))),
        book(spec_in, milliseconds(50)) {}
  ChannelSpec spec;
  std::unique_ptr<IntervalReducer> reducer;
  ChannelBook book;
  std::uint64_t raw = 1'000;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::size_t limit) : random_(seed), limit_(limit) {
    for (const ChannelSpec& spec : Specs()) {
      channels_.emplace_back(spec);
    }
  }

  SimulatedLease Run() {
    OpenLedger(kOther);
    while (now_ns_ < kEndNs) {
      now_ns_ += static_cast<std::int64_t>(random_.Below(40) + 1) * kMs;
      if (writer_ == nullptr && now_ns_ >= kOpenNs) {
        StartTrace();
      }
      Step();
    }
    EndAll();
    Close(kOther);
    Close(kOwn);
    lease_.packed = writer_->Pack();
    return std::move(lease_);
  }

 private:
  void Trace(std::size_t channel, const TraceEvent& event) {
    if (writer_ != nullptr) {
      writer_->Add(channel, event);
    }
  }
  void OpenLedger(std::uint64_t ledger) {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      Trace(i, TracedOpen{.ledger = ledger, .at_ns = now_ns_});
      channels_[i].book.OpenLedger(ledger, now_ns_);
    }
  }
  void StartTrace() {
    OpenLedger(kOwn);
    lease_.start = {.ledger = kOwn, .opened_ns = now_ns_, .opened_unix_ms = 1'700'000'000'000};
    lease_.start.sources = {{.poll_period = milliseconds(50)}, {.poll_period = milliseconds(50)}};
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      lease_.start.channels.push_back({.spec = channels_[i].spec,
                                       .source = i / 2,
                                       .reducer = channels_[i].reducer->State(),
                                       .book = channels_[i].book.State()});
    }
    writer_ = std::make_unique<TraceWriter>(lease_.start, limit_);
  }

  void Step() {
    if (random_.Chance(0.7)) {
      Read(random_.Below(2));
    }
    if (random_.Chance(0.3) && running_.size() < 5) {
      StartRequest();
    }
    if (random_.Chance(0.3) && !running_.empty()) {
      EndRequest(random_.Below(running_.size()));
    }
    if (random_.Chance(0.02)) {
      SetBaseline();
    }
    if (random_.Chance(0.05) && !ended_.empty()) {
      const std::size_t channel = random_.Below(channels_.size());
      Trace(channel, TracedForce{ended_.back()});
      channels_[channel].book.Force(ended_.back(), settled_);
      Collect(channel);
    }
  }

  void Read(std::size_t source) {
    TracedReading reading{.before_ns = now_ns_,
                          .after_ns = now_ns_ + static_cast<std::int64_t>(random_.Below(kMs)),
                          .flags = random_.Chance(0.03) ? kFlagSlowRead : 0};
    if (random_.Chance(0.01)) {
      reading.flags |= kFlagSuspended;
    }
    if (writer_ != nullptr) {
      writer_->AddReading(source, reading);
    }
    for (std::size_t i = 2 * source; i < 2 * source + 2; ++i) {
      Channel& channel = channels_[i];
      const ChannelValue value = Sense(channel);
      Trace(i, TracedValue{value});
      std::vector<EnergyInterval> intervals;
      channel.reducer->Add({reading.before_ns, reading.after_ns, value, reading.flags}, intervals);
      for (const EnergyInterval& interval : intervals) {
        channel.book.Add(interval, settled_);
      }
      Collect(i);
    }
  }

  ChannelValue Sense(Channel& channel) {
    ChannelValue value{.fault = ReadFault::kNone};
    if (random_.Chance(0.02)) {
      value.fault = random_.Chance(0.5) ? ReadFault::kUnavailable : ReadFault::kLost;
      return value;
    }
    value.flags = random_.Chance(0.02) ? kFlagPowerCapped : 0;
    switch (channel.spec.kind) {
      case SampleKind::kCounter:
        channel.raw += random_.Chance(0.3) ? 0 : random_.Below(3'000'000);
        if (channel.spec.modulus) {
          channel.raw %= *channel.spec.modulus;
        } else if (random_.Chance(0.01)) {
          channel.raw = 7;  // restarted
        }
        value.raw = channel.raw;
        break;
      case SampleKind::kIntervalEnergy:
        value.elapsed = std::chrono::nanoseconds(40 * kMs + static_cast<int>(random_.Below(9)));
        [[fallthrough]];
      default:
        value.raw = random_.Below(900'000);
    }
    return value;
  }

  void StartRequest() {
    const bool is_own = writer_ != nullptr && random_.Chance(0.6);
    const RequestKey key{.ledger = is_own ? kOwn : kOther, .request = next_request_++};
    const std::int64_t at_ns = now_ns_ - static_cast<std::int64_t>(random_.Below(20)) * kMs;
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      Trace(i, TracedStart{.key = key, .at_ns = at_ns});
      channels_[i].book.Start(key, at_ns);
    }
    running_.push_back(key);
  }

  void EndRequest(std::size_t which) {
    const RequestKey key = running_[which];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
    ended_.push_back(key);
    const RequestFate fate = random_.Chance(0.2) ? RequestFate::kUncounted : RequestFate::kCounted;
    if (key.ledger == kOwn && fate == RequestFate::kCounted) {
      const auto unit = static_cast<Unit>(1'000 - key.request);
      unit_of_[key.request] = unit;
      lease_.energies[unit].resize(channels_.size());
      writer_->AddUnit({.request = key.request, .unit = unit});
    }
    for (std::size_t i = 0; i < channels_.size() && random_.Chance(0.9); ++i) {
      const std::int64_t at_ns = now_ns_ - static_cast<std::int64_t>(random_.Below(90)) * kMs;
      Trace(i, TracedFirstToken{.key = key, .at_ns = at_ns});
      channels_[i].book.MarkFirstToken(key, at_ns);
    }
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      Trace(i, TracedEnd{.key = key, .at_ns = now_ns_, .fate = fate});
      channels_[i].book.End(key, now_ns_, fate, settled_);
      Collect(i);
    }
  }

  void SetBaseline() {
    const std::size_t channel = random_.Below(channels_.size());
    TracedBaseline event{.baseline = std::nullopt, .why_none = kFlagIdleUnstable};
    if (random_.Chance(0.8)) {
      event.baseline = Baseline{.idle_uw = static_cast<std::int64_t>(random_.Below(90'000'000)),
                                .uncertainty_uw = 1'000,
                                .id = now_ns_};
    }
    Trace(channel, event);
    channels_[channel].book.SetBaseline(event.baseline, event.why_none);
  }

  void Collect(std::size_t channel) {
    for (const SettledRequest& settled : std::exchange(settled_, {})) {
      if (settled.key.ledger == kOwn && unit_of_.contains(settled.key.request)) {
        ChannelEnergy& energy = lease_.energies[unit_of_[settled.key.request]][channel];
        energy = settled.energy;
        energy.channel = static_cast<std::uint32_t>(channel);
      }
    }
  }

  void EndAll() {
    while (!running_.empty()) {
      EndRequest(0);
    }
    for (const RequestKey& key : ended_) {
      for (std::size_t i = 0; i < channels_.size(); ++i) {
        Trace(i, TracedForce{key});
        channels_[i].book.Force(key, settled_);
        Collect(i);
      }
    }
  }

  void Close(std::uint64_t ledger) {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      Trace(i, TracedClose{ledger});
      LedgerEntry entry = channels_[i].book.CloseLedger(ledger);
      entry.channel = static_cast<std::uint32_t>(i);
      if (ledger == kOwn) {
        lease_.ledger.push_back(entry);
      }
    }
  }

  Random random_;
  const std::size_t limit_;
  std::vector<Channel> channels_;
  std::unique_ptr<TraceWriter> writer_;
  SimulatedLease lease_;
  std::int64_t now_ns_ = 500 * kMs;
  std::uint64_t next_request_ = 1;
  std::vector<RequestKey> running_;
  std::vector<RequestKey> ended_;
  std::map<std::uint64_t, Unit> unit_of_;
  std::vector<SettledRequest> settled_;
};

}  // namespace

SimulatedLease SimulateLease(std::uint64_t seed, std::size_t limit) {
  return Simulation(seed, limit).Run();
}

}  // namespace wattfleet::testing
