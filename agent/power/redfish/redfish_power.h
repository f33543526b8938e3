#ifndef WF_AGENT_POWER_REDFISH_REDFISH_POWER_H_
#define WF_AGENT_POWER_REDFISH_REDFISH_POWER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/http_poll.h"

namespace wattfleet::agent {

// Where a chassis says its power, best first.
enum class RedfishRoute {
  kEnvironmentMetrics,  // PowerWatts of the chassis
  kPowerSupplies,       // the sum of what its power supplies draw
  kLegacyPower,         // the Power resource that the two replace
};

// The power of one chassis, found once and then read again and again.
class RedfishPower {
 public:
  // `chassis` is its id; empty: the only one that says its power. NOT_FOUND: none does, or there is
  // no such chassis; FAILED_PRECONDITION: several do; errors of HttpPoll::Get.
  static absl::StatusOr<RedfishPower> Find(HttpPoll& poll, const std::string& chassis);

  const std::string& chassis() const { return chassis_; }
  RedfishRoute route() const { return route_; }
  const std::vector<std::string>& paths() const { return paths_; }

  // Watts now. All of the power supplies or no figure.
  absl::StatusOr<double> Read(HttpPoll& poll) const;

 private:
  // The first route by which the chassis at `path` says its power. NOT_FOUND: none; UNAVAILABLE:
  // none just now.
  static absl::StatusOr<RedfishPower> FindRoute(HttpPoll& poll, const std::string& path);
  // The documents of that route.
  static absl::StatusOr<std::vector<std::string>> PathsOf(HttpPoll& poll, RedfishRoute route,
                                                          const std::string& path);

  std::string chassis_;  // its id
  RedfishRoute route_ = RedfishRoute::kEnvironmentMetrics;
  std::vector<std::string> paths_;  // of the documents to read, one but for power supplies
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_REDFISH_REDFISH_POWER_H_
