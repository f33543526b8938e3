#include "common/energy/heat_steadiness.h"

#include <cmath>
#include <cstddef>
#include <numeric>

namespace wattfleet {

namespace {

constexpr std::int64_t kWindowNs = 5'000'000'000;
constexpr std::ptrdiff_t kWindowsInHalf = 3;
constexpr double kMostChangeCelsius = 0.5;

}  // namespace

void HeatSteadiness::Add(std::int64_t at_ns, std::int32_t millicelsius) {
  if (!last_ns_ || at_ns - *last_ns_ > kWindowNs) {
    celsius_.clear();
    sum_ = count_ = 0;
    window_from_ns_ = at_ns;
  } else if (at_ns - window_from_ns_ >= kWindowNs) {
    EndWindow();
    window_from_ns_ += kWindowNs;
  }
  last_ns_ = at_ns;
  sum_ += millicelsius;
  ++count_;
}

void HeatSteadiness::EndWindow() {
  if (count_ == 0 || is_steady_) {
    return;
  }
  celsius_.push_back(static_cast<double>(sum_) * 1e-3 / static_cast<double>(count_));
  sum_ = count_ = 0;
  if (celsius_.size() > 2 * kWindowsInHalf) {
    celsius_.pop_front();
  }
  if (celsius_.size() < 2 * kWindowsInHalf) {
    return;
  }
  const auto middle = celsius_.begin() + kWindowsInHalf;
  const double first = std::accumulate(celsius_.begin(), middle, 0.0) / kWindowsInHalf;
  const double second = std::accumulate(middle, celsius_.end(), 0.0) / kWindowsInHalf;
  is_steady_ = std::abs(second - first) < kMostChangeCelsius;
}

}  // namespace wattfleet
