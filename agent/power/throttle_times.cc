#include "agent/power/throttle_times.h"

#include <chrono>

namespace wattfleet::agent {

void ThrottleTimes::Begin(MonotonicTime now) {
  span_ns_ = now_ ? std::chrono::nanoseconds(now - *now_).count() : 0;
  now_ = now;
}

Flags ThrottleTimes::Add(unsigned counter, std::uint64_t nanoseconds, Flags flag) {
  constexpr std::int64_t kLongestUpdateNs = 500'000'000;
  const auto [last, is_new] = last_.try_emplace(counter, nanoseconds);
  const std::uint64_t before = last->second;
  last->second = nanoseconds;
  if (is_new || span_ns_ <= 0 || nanoseconds < before) {
    return 0;
  }
  const std::uint64_t growth = nanoseconds - before;
  const auto most = static_cast<std::uint64_t>(span_ns_ + kLongestUpdateNs);
  return growth > static_cast<std::uint64_t>(span_ns_ / 100) && growth <= most ? flag : 0;
}

void ThrottleTimes::Restart() {
  last_.clear();
  now_.reset();
}

}  // namespace wattfleet::agent
