#ifndef WF_COMMON_DOMAIN_BASELINE_DRIFT_H_
#define WF_COMMON_DOMAIN_BASELINE_DRIFT_H_

#include <cstdint>

namespace wattfleet {

// Whether a channel's loaded-idle power, in microwatts, was another one at its next measurement
// than before: by more than 5 % (reference: energy.md 6). What was measured in between was settled
// with the first, and rests on an idle power that did not last.
constexpr bool HasDrifted(std::int64_t before_uw, std::int64_t after_uw) {
  constexpr double kMostChange = 0.05;
  const auto before = static_cast<double>(before_uw);
  const double change = static_cast<double>(after_uw) - before;
  return (change < 0 ? -change : change) > kMostChange * before;
}

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_BASELINE_DRIFT_H_
