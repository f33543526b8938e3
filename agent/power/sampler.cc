#include "agent/power/sampler.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include <pthread.h>

#include "common/check/check.h"

namespace wattfleet::agent {

namespace {

void NameThisThread(const std::string& source) {
  const std::string name = ("sample-" + source).substr(0, 15);
#if defined(__APPLE__)
  pthread_setname_np(name.c_str());
#else
  pthread_setname_np(pthread_self(), name.c_str());
#endif
}

std::int64_t Nanoseconds(MonotonicTime t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

std::size_t RingSize(std::chrono::seconds kept, std::chrono::nanoseconds period) {
  return static_cast<std::size_t>(std::chrono::nanoseconds(kept) / period) + 2;
}

}  // namespace

Sampler::Sampler(std::unique_ptr<PowerSource> source, const Clock& clock, SamplerOptions options)
    : source_(std::move(source)),
      clock_(clock),
      options_(std::move(options)),
      channels_(source_->channels().size()),
      scratch_(channels_),
      suspended_(options_.suspended_time()),
      slots_(RingSize(options_.kept, source_->poll_period())),
      values_(slots_.size() * channels_) {
  WF_CHECK(channels_ > 0 && source_->poll_period().count() > 0);
}

Sampler::~Sampler() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Sampler::Start() {
  WF_CHECK(!thread_.joinable());
  thread_ = std::jthread([this] {
    NameThisThread(source_->name());
    Loop();
  });
}

void Sampler::Loop() {
  const auto period = std::chrono::duration_cast<MonotonicTime::duration>(source_->poll_period());
  MonotonicTime due = clock_.MonotonicNow();
  while (WaitUntil(due)) {
    PollOnce();
    // The first moment of the grid that has not passed.
    const auto late = clock_.MonotonicNow() - due + period - MonotonicTime::duration(1);
    due += period * std::max<std::int64_t>(1, late / period);
  }
}

bool Sampler::WaitUntil(MonotonicTime due) {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    const MonotonicTime now = clock_.MonotonicNow();
    if (now >= due) {
      return true;
    }
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(due - now));
  }
  return false;
}

Flags Sampler::CheckSuspend(MonotonicTime now) {
  constexpr std::chrono::seconds kEvery(1);
  constexpr std::chrono::milliseconds kLeastSleep(10);
  if (now - suspend_checked_ < kEvery) {
    return 0;
  }
  suspend_checked_ = now;
  const std::chrono::nanoseconds slept = options_.suspended_time() - suspended_;
  suspended_ += slept;
  return slept > kLeastSleep ? kFlagSuspended : 0;
}

Flags Sampler::CheckSupply(MonotonicTime now) {
  constexpr std::chrono::milliseconds kEvery(250);
  if (!options_.supply) {
    return 0;
  }
  Flags flags = 0;
  if (!supply_ || now - supply_checked_ >= kEvery) {
    supply_checked_ = now;
    const std::optional<SupplyState> supply = options_.supply();
    flags |= supply && supply_ && supply != supply_ ? kFlagPowerSourceChanged : 0;
    supply_ = supply ? supply : supply_;
  }
  return flags | (supply_ == SupplyState::kBattery ? kFlagOnBattery : 0);
}

void Sampler::PollOnce() {
  const MonotonicTime before = clock_.MonotonicNow();
  Flags flags = CheckSuspend(before) | CheckSupply(before);
  source_->Read(scratch_);
  const MonotonicTime after = clock_.MonotonicNow();
  if (after - before > source_->poll_period() / 4) {
    flags |= kFlagSlowRead;
  }

  absl::MutexLock lock(&mutex_);
  const std::size_t slot = static_cast<std::size_t>(taken_ % slots_.size());
  slots_[slot] = {Nanoseconds(before), Nanoseconds(after), flags};
  std::copy(scratch_.begin(), scratch_.end(),
            values_.begin() + static_cast<std::ptrdiff_t>(slot * channels_));
  ++taken_;
}

std::uint64_t Sampler::Visit(std::uint64_t from,
                             absl::FunctionRef<void(const Reading&)> visit) const {
  absl::MutexLock lock(&mutex_);
  const std::uint64_t oldest = taken_ > slots_.size() ? taken_ - slots_.size() : 0;
  for (std::uint64_t i = std::max(from, oldest); i < taken_; ++i) {
    const std::size_t slot = static_cast<std::size_t>(i % slots_.size());
    visit({slots_[slot].before_ns, slots_[slot].after_ns, slots_[slot].flags,
           std::span(values_).subspan(slot * channels_, channels_)});
  }
  return taken_;
}

}  // namespace wattfleet::agent
