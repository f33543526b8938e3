#include "agent/core/quiet_rule.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace wattfleet::agent {

std::vector<bool> MayStart(const std::vector<QuietLease>& leases) {
  std::vector<bool> may(leases.size(), false);
  std::size_t running = 0;
  bool is_quiet_kept = false;  // an isolated one runs, or waits for its turn
  for (const QuietLease& lease : leases) {
    if (lease.is_measured && lease.is_running) {
      ++running;
      is_quiet_kept = is_quiet_kept || lease.is_isolated;
    }
  }
  std::vector<std::size_t> order(leases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&leases](std::size_t i) { return leases[i].order; });
  for (const std::size_t i : order) {
    const QuietLease& lease = leases[i];
    if (lease.is_running) {
      continue;
    }
    if (!lease.is_measured) {
      may[i] = true;
      continue;
    }
    may[i] = !is_quiet_kept && (!lease.is_isolated || running == 0);
    running += may[i] ? 1 : 0;
    is_quiet_kept = is_quiet_kept || lease.is_isolated;
  }
  return may;
}

}  // namespace wattfleet::agent
