#ifndef WF_COORDINATOR_CLI_LISTING_H_
#define WF_COORDINATOR_CLI_LISTING_H_

#include <string>
#include <vector>

#include "coordinator/cli/fleet_client.h"

namespace wattfleet::coordinator {

// Listings for people; `place` says where they come from.
std::string StatusText(const FleetProgress& progress, const std::string& place);
std::string AgentsText(const std::vector<AgentSummary>& agents);

// The same for programs: {"sweeps": [...], "events": [...]} and {"agents": [...]}. Keys are the
// fields' names; a figure that is not known is absent.
std::string StatusJson(const FleetProgress& progress);
std::string AgentsJson(const std::vector<AgentSummary>& agents);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_LISTING_H_
