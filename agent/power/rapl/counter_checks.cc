#include "agent/power/rapl/counter_checks.h"

namespace wattfleet::agent {

bool TwinChoice::Add(std::optional<std::uint64_t> first, std::optional<std::uint64_t> twin,
                     std::int64_t patience_reads) {
  if (is_switched_ || !twin) {
    return is_switched_;
  }
  if (!twin_at_first_ || (first && first != first_)) {
    first_ = first;
    twin_at_first_ = twin;
    still_reads_ = 0;
    return false;
  }
  ++still_reads_;
  is_switched_ = still_reads_ >= patience_reads && *twin != *twin_at_first_;
  return is_switched_;
}

bool PlatformCheck::Add(std::optional<std::uint64_t> platform,
                        std::optional<std::uint64_t> packages, std::int64_t window_reads) {
  if (!platform || !packages) {
    return is_believed_;
  }
  const bool steps_back = platform_start_ && (*platform < platform_ || *packages < packages_);
  platform_ = *platform;
  packages_ = *packages;
  if (!platform_start_ || steps_back) {
    platform_start_ = platform_;
    packages_start_ = packages_;
    reads_ = 0;
    return is_believed_;
  }
  if (++reads_ >= window_reads) {
    const auto advance = static_cast<double>(platform_ - *platform_start_);
    const auto least = kLeastShare * static_cast<double>(packages_ - packages_start_);
    is_believed_ = advance > 0 && advance >= least;
    platform_start_ = platform_;
    packages_start_ = packages_;
    reads_ = 0;
  }
  return is_believed_;
}

}  // namespace wattfleet::agent
