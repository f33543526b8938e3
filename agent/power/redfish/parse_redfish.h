#ifndef WF_AGENT_POWER_REDFISH_PARSE_REDFISH_H_
#define WF_AGENT_POWER_REDFISH_PARSE_REDFISH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace wattfleet::agent {

// Documents of a Redfish service (DMTF DSP0266). All are INVALID_ARGUMENT when the text is not a
// JSON object. Paths that do not lie under /redfish/ are no paths of the service, and are left out.

// The paths of a collection's members, in their order.
absl::StatusOr<std::vector<std::string>> ParseRedfishMembers(std::string_view text);

// The watts of each kind of document. NOT_FOUND: it has no such member; UNAVAILABLE: it has, but
// null, no number, or 0, which a controller says while it boots and no running machine draws.
absl::StatusOr<double> ParseEnvironmentMetrics(std::string_view text);  // PowerWatts.Reading
absl::StatusOr<double> ParseLegacyPower(std::string_view text);  // PowerControl, the first with one

// A power supply: whether there is one in its slot, and where its metrics are (empty: nowhere).
struct RedfishPowerSupply {
  bool is_present = true;
  std::string metrics_path;
};
absl::StatusOr<RedfishPowerSupply> ParsePowerSupply(std::string_view text);

// InputPowerWatts.Reading; 0 is a reading here, of a supply that stands by.
absl::StatusOr<double> ParsePowerSupplyMetrics(std::string_view text);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_REDFISH_PARSE_REDFISH_H_
