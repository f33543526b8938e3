#include "agent/core/quiet_rule.h"

#include <algorithm>
#include <cstddef>

namespace wattfleet::agent {

namespace {

bool ShareASensor(const QuietLease& a, const QuietLease& b) {
  return std::ranges::any_of(a.channels, [&b](const std::string& channel) {
    return std::ranges::binary_search(b.channels, channel);
  });
}

bool Disturb(const QuietLease& a, const QuietLease& b) {
  return (a.is_isolated || b.is_isolated) && ShareASensor(a, b);
}

}  // namespace

std::vector<bool> MayStart(const std::vector<QuietLease>& leases) {
  std::vector<bool> may(leases.size(), false);
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const QuietLease& lease = leases[i];
    may[i] = !lease.is_running && std::ranges::none_of(leases, [&lease](const QuietLease& other) {
      const bool is_before = other.is_running || other.order < lease.order;
      return is_before && &other != &lease && Disturb(other, lease);
    });
  }
  return may;
}

}  // namespace wattfleet::agent
