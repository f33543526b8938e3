#include "agent/power/counter_check.h"

#include <cmath>

namespace wattfleet::agent {

namespace {

constexpr double kLoadWatts = 50;

}  // namespace

std::optional<CounterComparison> CounterComparer::Add(MonotonicTime at, double counter_joules,
                                                      double watts) {
  constexpr std::chrono::seconds kLongestStep(1);
  if (begun_ && (at - last_ > kLongestStep || counter_joules < last_joules_)) {
    begun_ = false;
  }
  if (!begun_) {
    begun_ = true;
    start_ = at;
    start_joules_ = counter_joules;
    power_joules_ = 0;
  } else {
    const double seconds = std::chrono::duration<double>(at - last_).count();
    power_joules_ += (watts + last_watts_) / 2 * seconds;
  }
  last_ = at;
  last_joules_ = counter_joules;
  last_watts_ = watts;
  if (at - start_ < span_) {
    return std::nullopt;
  }
  const CounterComparison comparison{std::chrono::duration<double>(at - start_).count(),
                                     counter_joules - start_joules_, power_joules_};
  start_ = at;
  start_joules_ = counter_joules;
  power_joules_ = 0;
  return comparison;
}

void CounterWatch::Add(MonotonicTime at, double counter_joules, double watts) {
  constexpr double kLimitUnderLoad = 0.2;
  constexpr double kLimitIdle = 0.3;
  const auto comparison = comparer_.Add(at, counter_joules, watts);
  if (comparison && comparison->power_joules > 0) {
    const double limit = comparison->watts() >= kLoadWatts ? kLimitUnderLoad : kLimitIdle;
    is_suspect_ = std::abs(comparison->ratio() - 1) > limit;
  }
}

CounterTrial::Verdict CounterTrial::Add(MonotonicTime at, double counter_joules, double watts) {
  constexpr double kLeastRatio = 0.7;
  constexpr double kGreatestRatio = 1.4;
  constexpr int kFailuresToReject = 2;
  if (verdict_ != Verdict::kOpen) {
    return verdict_;
  }
  const auto comparison = comparer_.Add(at, counter_joules, watts);
  if (!comparison || comparison->watts() < kLoadWatts) {
    return verdict_;
  }
  if (comparison->ratio() >= kLeastRatio && comparison->ratio() <= kGreatestRatio) {
    verdict_ = Verdict::kAccepted;
  } else if (++failed_ == kFailuresToReject) {
    verdict_ = Verdict::kRejected;
  }
  return verdict_;
}

}  // namespace wattfleet::agent
