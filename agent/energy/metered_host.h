#ifndef WF_AGENT_ENERGY_METERED_HOST_H_
#define WF_AGENT_ENERGY_METERED_HOST_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/energy/channel_total.h"
#include "agent/energy/energy_account.h"
#include "agent/energy/trace_recorder.h"
#include "agent/power/sampler.h"
#include "common/domain/energy.h"
#include "common/energy/baseline.h"
#include "common/energy/channel_book.h"
#include "common/energy/heat_steadiness.h"
#include "common/energy/interval_reducer.h"

namespace wattfleet::agent {

struct HeatReading {
  std::int64_t at_ns = 0;
  std::int32_t millicelsius = 0;
};

// What one channel drew while a baseline was measured.
struct ChannelRecording {
  std::size_t channel = 0;
  std::vector<EnergyInterval> intervals;
  std::vector<HeatReading> heat;  // where its source tells temperatures
  bool is_disturbed = false;      // a request was in flight meanwhile
};

// What a lease's ledger starts from.
struct LedgerOpening {
  std::vector<std::size_t> channels;
  std::int64_t now_ns = 0;
  std::int64_t now_unix_ms = 0;
  bool has_all_devices = true;  // otherwise what is measured of devices is partial
};

struct ClosedLedger {
  // One entry per channel, in their order; LedgerEntry::channel counts from 0.
  std::vector<LedgerEntry> entries;
  std::string trace;  // packed
};

// All channels of this host, from sensor to books: where the leases that share a device meet, so
// that each interval is split among all of them. Thread-safe. Readings enter the books when
// somebody calls TakeIn; nothing here has a thread of its own but the samplers.
class MeteredHost {
 public:
  // Called, under the lock, when a request of the ledger is final on a channel. Must not call back.
  using OnSettled =
      std::function<void(std::size_t channel, std::uint64_t request, const ChannelEnergy& energy)>;

  explicit MeteredHost(std::vector<std::unique_ptr<Sampler>> samplers);

  // Starts the samplers' threads. Tests poll them instead.
  void Start();

  // Fixed for its life, like all below that describe a channel.
  std::size_t channel_count() const { return channels_.size(); }
  const ChannelFacts& facts(std::size_t channel) const { return channels_[channel]->facts; }
  const ChannelSpec& spec(std::size_t channel) const { return channels_[channel]->spec; }
  // How long after a moment the energy of all these channels until then should be in their books:
  // three pieces of the slowest one's time (the one with the moment in it, the one that ends it,
  // the one that lets it age) and what it averages over; at most three minutes.
  std::chrono::nanoseconds KnownAfter(const std::vector<std::size_t>& channels) const;
  // How often a new value of it is seen.
  std::chrono::nanoseconds update_period(std::size_t channel) const {
    return channels_[channel]->update_period;
  }
  // The channels of those devices, and those of the whole host.
  std::vector<std::size_t> ChannelsOf(const std::vector<std::string>& device_ids) const;

  // Turns all new readings into intervals and books them.
  void TakeIn() ABSL_LOCKS_EXCLUDED(mutex_);

  // What the readings taken in so far add up to, in the order of the channels.
  std::vector<ChannelTotal> Totals() const ABSL_LOCKS_EXCLUDED(mutex_);

  // How often THERMAL_THROTTLED came or went on these channels, in the readings taken in so far.
  std::uint64_t HeatChanges(const std::vector<std::size_t>& channels) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // A new ledger on each channel of `opening`, by one number. From then on its trace is kept.
  std::uint64_t OpenLedger(const LedgerOpening& opening, OnSettled on_settled)
      ABSL_LOCKS_EXCLUDED(mutex_);
  ClosedLedger CloseLedger(std::uint64_t ledger, const std::vector<std::size_t>& channels)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether ChannelBook::IsSteady holds of all these channels.
  bool IsPowerSteady(std::uint64_t ledger, const std::vector<std::size_t>& channels) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the temperatures of the devices that the ledger has channels of have settled under its
  // load.
  bool IsHeatSteady(std::uint64_t ledger) const ABSL_LOCKS_EXCLUDED(mutex_);
  // For the ledger's trace: which unit a request is a try of.
  void NameUnit(RequestKey key, Unit unit) ABSL_LOCKS_EXCLUDED(mutex_);
  void StartRequest(std::size_t channel, RequestKey key, std::int64_t start_ns)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void MarkFirstToken(std::size_t channel, RequestKey key, std::int64_t at_ns)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void EndRequest(std::size_t channel, RequestKey key, std::int64_t end_ns, RequestFate fate)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void ForceRequest(std::size_t channel, RequestKey key) ABSL_LOCKS_EXCLUDED(mutex_);

  // Keeps the intervals of `channels` from now on, until they are taken.
  std::uint64_t StartRecording(const std::vector<std::size_t>& channels)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether all of its channels have intervals up to `until_ns`.
  bool HasRecorded(std::uint64_t recording, std::int64_t until_ns) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<ChannelRecording> TakeRecording(std::uint64_t recording) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetBaseline(std::size_t channel, std::optional<Baseline> baseline, Flags why_none)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Channel {
    Channel(const ChannelSpec& spec_in, const PowerSource& source);
    const ChannelSpec spec;
    const std::chrono::nanoseconds poll_period;
    const ChannelFacts facts;
    const std::chrono::nanoseconds update_period;
    // Guarded by the host's mutex_.
    std::unique_ptr<IntervalReducer> reducer;
    ChannelBook book;
    ChannelTotal total;
    bool is_hot = false;  // THERMAL_THROTTLED, in the last reading that had a value
    std::uint64_t heat_changes = 0;
  };
  struct Feed {
    std::unique_ptr<Sampler> sampler;
    std::size_t first_channel = 0;
    std::uint64_t next_reading = 0;  // guarded by the host's mutex_
  };
  struct OpenedLedger {
    OnSettled on_settled;
    std::unique_ptr<TraceRecorder> trace;
    std::map<std::size_t, HeatSteadiness> heat;  // of its channels of devices
  };
  std::unique_ptr<TraceRecorder> StartTrace(std::uint64_t ledger, const LedgerOpening& opening)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Into the trace of every open ledger that has the channel.
  void Trace(std::size_t channel, const TraceEvent& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeInReading(const Feed& feed, const Reading& reading)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteHeat(std::size_t channel, std::int64_t at_ns, const ChannelValue& value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Record(std::size_t channel, const std::vector<EnergyInterval>& intervals)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(std::size_t channel) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<Feed> feeds_;

  mutable absl::Mutex mutex_;
  std::uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::uint64_t, OpenedLedger> ledgers_ ABSL_GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::vector<ChannelRecording>> recordings_ ABSL_GUARDED_BY(mutex_);
  // Working memory.
  std::vector<EnergyInterval> intervals_ ABSL_GUARDED_BY(mutex_);
  std::vector<SettledRequest> settled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_METERED_HOST_H_
