#ifndef WF_AGENT_POWER_RAPL_COUNTER_CHECKS_H_
#define WF_AGENT_POWER_RAPL_COUNTER_CHECKS_H_

#include <cstdint>
#include <optional>

namespace wattfleet::agent {

// Which of two counters of one domain counts.
class TwinChoice {
 public:
  bool is_switched() const { return is_switched_; }
  // Takes a read of both (nothing where it failed). True when the first has stood still over
  // `patience_reads` reads in which the twin advanced: from now on the twin is to be read.
  bool Add(std::optional<std::uint64_t> first, std::optional<std::uint64_t> twin,
           std::int64_t patience_reads);

 private:
  std::optional<std::uint64_t> first_;
  std::optional<std::uint64_t> twin_at_first_;  // when the first took its value
  std::int64_t still_reads_ = 0;
  bool is_switched_ = false;
};

// Whether the counter of the platform can be one: it contains the packages, so over any time it
// advances at least by nearly as much.
class PlatformCheck {
 public:
  static constexpr double kLeastShare = 0.9;

  // Takes a read of the platform's counter and of the packages' sum, and says whether the platform
  // is to be believed: no before `window_reads` reads, then as the last such window says. A counter
  // that steps back begins a new window.
  bool Add(std::optional<std::uint64_t> platform, std::optional<std::uint64_t> packages,
           std::int64_t window_reads);

 private:
  std::optional<std::uint64_t> platform_start_;
  std::uint64_t packages_start_ = 0;
  std::uint64_t platform_ = 0;
  std::uint64_t packages_ = 0;
  std::int64_t reads_ = 0;
  bool is_believed_ = false;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_RAPL_COUNTER_CHECKS_H_
