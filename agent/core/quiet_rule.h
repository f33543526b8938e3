#ifndef WF_AGENT_CORE_QUIET_RULE_H_
#define WF_AGENT_CORE_QUIET_RULE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace wattfleet::agent {

// A lease as the rule of quiet sees it.
struct QuietLease {
  std::uint64_t order = 0;            // of its grant
  std::vector<std::string> channels;  // the sensors that see its devices, sorted
  bool is_isolated = false;           // its condition
  bool is_running = false;
};

// Which of `leases` may start now. An isolated lease runs alone among those with which it shares a
// sensor (its devices', or the host's own), whatever their condition; where no sensor is shared,
// nobody disturbs anybody's figures. First granted, first served: nobody starts past one that waits
// for quiet.
std::vector<bool> MayStart(const std::vector<QuietLease>& leases);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CORE_QUIET_RULE_H_
