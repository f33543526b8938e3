#ifndef WF_AGENT_DRIVE_BACKOFF_H_
#define WF_AGENT_DRIVE_BACKOFF_H_

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/random/random.h"

namespace wattfleet::agent {

// Exponential delays: first x factor^n, at most `cap`.
struct Backoff {
  std::chrono::nanoseconds first;
  double factor;
  std::chrono::nanoseconds cap;

  std::chrono::nanoseconds Step(int n) const {
    const double delay = static_cast<double>(first.count()) * std::pow(factor, n);
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(std::min(delay, static_cast<double>(cap.count()))));
  }
  // Uniform in [0, Step(n)): a thousand agents do not come back together.
  std::chrono::nanoseconds FullJitter(int n, Random& random) const {
    return Scale(Step(n), random.Unit());
  }
  // Step(n) +- 20 %.
  std::chrono::nanoseconds Spread(int n, Random& random) const {
    return Scale(Step(n), 0.8 + 0.4 * random.Unit());
  }

 private:
  static std::chrono::nanoseconds Scale(std::chrono::nanoseconds delay, double by) {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(delay.count()) * by));
  }
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_BACKOFF_H_
