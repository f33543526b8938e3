#include "common/energy/steadiness.h"

#include <cmath>
#include <cstddef>
#include <numeric>

namespace wattfleet {

namespace {

constexpr double kWindowSeconds = 5;
constexpr std::ptrdiff_t kWindowsInHalf = 3;
constexpr double kMostRelativeChange = 0.02;

}  // namespace

void Steadiness::Add(const EnergyInterval& interval) {
  if (is_steady_) {
    return;
  }
  window_joules_ += static_cast<double>(interval.energy) * 1e-6;
  window_seconds_ += static_cast<double>(interval.length_ns()) * 1e-9;
  if (window_seconds_ >= kWindowSeconds) {
    EndWindow();
  }
}

void Steadiness::EndWindow() {
  watts_.push_back(window_joules_ / window_seconds_);
  window_joules_ = window_seconds_ = 0;
  if (watts_.size() > 2 * kWindowsInHalf) {
    watts_.pop_front();
  }
  if (watts_.size() < 2 * kWindowsInHalf) {
    return;
  }
  const auto middle = watts_.begin() + kWindowsInHalf;
  const double first = std::accumulate(watts_.begin(), middle, 0.0);
  const double second = std::accumulate(middle, watts_.end(), 0.0);
  is_steady_ = std::abs(second - first) < kMostRelativeChange * (first + second) / 2;
}

}  // namespace wattfleet
