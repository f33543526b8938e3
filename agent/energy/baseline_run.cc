#include "agent/energy/baseline_run.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace wattfleet::agent {

namespace {

std::int64_t Nanoseconds(MonotonicTime t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

// By 3 C or more (reference: energy.md 6); false where none was told.
bool HasTemperatureMoved(const std::vector<HeatReading>& heat, std::int64_t from_ns,
                         std::int64_t to_ns) {
  constexpr std::int32_t kMostMillicelsius = 3'000;
  std::int32_t least = std::numeric_limits<std::int32_t>::max();
  std::int32_t greatest = std::numeric_limits<std::int32_t>::min();
  for (const HeatReading& reading : heat) {
    if (reading.at_ns >= from_ns && reading.at_ns < to_ns) {
      least = std::min(least, reading.millicelsius);
      greatest = std::max(greatest, reading.millicelsius);
    }
  }
  return greatest >= least && std::int64_t{greatest} - least >= kMostMillicelsius;
}

}  // namespace

BaselineRun::BaselineRun(std::weak_ptr<MeteredHost> host, const Clock& clock, TaskRunner& runner,
                         const BaselineOptions& options)
    : host_(std::move(host)),
      clock_(clock),
      runner_(runner),
      options_(options),
      tries_left_(options.tries),
      cooling_tries_left_(options.cooling_tries) {}

void BaselineRun::Start(std::vector<std::size_t> channels, std::function<void()> done) {
  channels_ = std::move(channels);
  done_ = std::move(done);
  if (channels_.empty()) {
    runner_.Post(std::move(done_));
    return;
  }
  from_ns_ = Nanoseconds(clock_.MonotonicNow()) + options_.settle.count();
  BeginTry();
}

void BaselineRun::BeginTry() {
  --(tries_left_ > 0 ? tries_left_ : cooling_tries_left_);
  to_ns_ = from_ns_ + options_.span.count();
  if (const auto host = host_.lock()) {
    recording_ = host->StartRecording(channels_);
  }
  runner_.PostAfter(options_.tick, [self = shared_from_this()] { self->Tick(); });
}

void BaselineRun::Tick() {
  const auto host = host_.lock();
  if (host == nullptr) {
    return;
  }
  host->TakeIn();
  const std::int64_t now_ns = Nanoseconds(clock_.MonotonicNow());
  const auto patience = std::max(options_.patience, host->KnownAfter(channels_));
  const bool is_late = now_ns >= to_ns_ + patience.count();
  if (!is_late && !host->HasRecorded(recording_, to_ns_)) {
    runner_.PostAfter(options_.tick, [self = shared_from_this()] { self->Tick(); });
    return;
  }
  channels_ = Evaluate(*host);
  if (channels_.empty()) {
    done_();
    return;
  }
  from_ns_ = now_ns;
  BeginTry();
}

std::vector<std::size_t> BaselineRun::Evaluate(MeteredHost& host) {
  std::vector<std::size_t> again;
  for (const ChannelRecording& recording : host.TakeRecording(recording_)) {
    if (recording.is_disturbed) {
      continue;
    }
    const bool is_cooling = HasTemperatureMoved(recording.heat, from_ns_, to_ns_);
    std::optional<Baseline> baseline;
    if (!is_cooling) {
      baseline = EstimateBaseline(recording.intervals, from_ns_, to_ns_, options_.window);
    }
    if (baseline) {
      baseline->id = UnixMillis(clock_.WallNow());
      host.SetBaseline(recording.channel, baseline, 0);
    } else if (tries_left_ > 0 || (is_cooling && cooling_tries_left_ > 0)) {
      again.push_back(recording.channel);
    } else {
      host.SetBaseline(recording.channel, std::nullopt, kFlagIdleUnstable);
    }
  }
  return again;
}

}  // namespace wattfleet::agent
