#ifndef WF_AGENT_CORE_QUIET_RULE_H_
#define WF_AGENT_CORE_QUIET_RULE_H_

#include <cstdint>
#include <vector>

namespace wattfleet::agent {

// A lease as the rule of quiet sees it.
struct QuietLease {
  std::uint64_t order = 0;   // of its grant
  bool is_measured = false;  // a sensor of this host sees its devices
  bool is_isolated = false;  // its condition
  bool is_running = false;
};

// Which of `leases` (each the first of its instance) may start now. An isolated lease whose energy
// is measured runs alone among the measured ones, because instances of a host share channels (the
// host's own at least). First granted, first served: nobody starts past one that waits for quiet.
std::vector<bool> MayStart(const std::vector<QuietLease>& leases);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_QUIET_RULE_H_
