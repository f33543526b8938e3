#include "agent/power/energy_monitor/monitor_stream.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

#include "energy/energy_monitor.grpc.pb.h"

namespace wattfleet::agent {

MonitorStream::MonitorStream(std::shared_ptr<grpc::Channel> channel, const Clock& clock)
    : channel_(std::move(channel)), clock_(clock), thread_([this] { Run(); }) {}

MonitorStream::~MonitorStream() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (context_ != nullptr) {
      context_->TryCancel();
    }
  }
  thread_.join();
}

MonitorStream::Look MonitorStream::LookNow() const {
  absl::MutexLock lock(&mutex_);
  return look_;
}

std::vector<energy::TelemetryReading> MonitorStream::AwaitFirst(
    std::size_t count, std::chrono::milliseconds span) const {
  absl::MutexLock lock(&mutex_);
  const auto has_come = [this, count] {
    mutex_.AssertReaderHeld();
    return first_.size() >= std::min(count, kFirstKept);
  };
  mutex_.AwaitWithTimeout(absl::Condition(&has_come), absl::FromChrono(span));
  return first_;
}

void MonitorStream::LeaveIfSilentFor(std::chrono::nanoseconds span) {
  absl::MutexLock lock(&mutex_);
  if (context_ != nullptr && clock_.MonotonicNow() - heard_ > span) {
    context_->TryCancel();
  }
}

void MonitorStream::Run() {
  constexpr absl::Duration kFirstPause = absl::Seconds(1);
  constexpr absl::Duration kLongestPause = absl::Seconds(30);
  absl::Duration pause = kFirstPause;
  while (true) {
    const bool came = Follow();
    absl::MutexLock lock(&mutex_);
    pause = came ? kFirstPause : pause;
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), pause)) {
      return;
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

bool MonitorStream::Follow() {
  grpc::ClientContext* context = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      return false;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    context = context_.get();
    heard_ = clock_.MonotonicNow();
  }
  const auto stub = energy::EnergyMonitor::NewStub(channel_);
  bool came = false;
  {
    const auto reader = stub->StreamTelemetry(context, energy::StreamRequest());
    energy::TelemetryReading reading;
    while (reader->Read(&reading)) {
      Take(reading, !came);
      came = true;
    }
    reader->Finish();
  }
  absl::MutexLock lock(&mutex_);
  look_.is_open = false;
  context_.reset();
  return came;
}

void MonitorStream::Take(const energy::TelemetryReading& reading, bool is_first) {
  absl::MutexLock lock(&mutex_);
  heard_ = clock_.MonotonicNow();
  // The same moment again is no news, however often it is sent.
  const bool is_news = is_first || reading.timestamp_nanos() == 0 ||
                       reading.timestamp_nanos() != look_.newest.timestamp_nanos();
  look_.stream += is_first ? 1 : 0;
  look_.is_open = true;
  if (is_news) {
    look_.at = heard_;
  }
  look_.newest = reading;
  if (first_.size() < kFirstKept) {
    first_.push_back(reading);
  }
}

}  // namespace wattfleet::agent
