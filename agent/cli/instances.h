#ifndef WF_AGENT_CLI_INSTANCES_H_
#define WF_AGENT_CLI_INSTANCES_H_

#include <vector>

#include "absl/status/statusor.h"

#include "agent/accelerator/discover.h"
#include "agent/config/agent_config.h"
#include "common/domain/fleet.h"

namespace wattfleet::agent {

// The accelerators of this machine, found with the library that `power` names, if it does.
std::vector<DiscoveredAccelerator> FindAccelerators(const AgentConfig& config);

// The instances that the agent offers: those found, or those that its file lists, under the ids
// that the file gives them. NOT_FOUND names a listed device that is not here.
absl::StatusOr<std::vector<InstanceOffer>> MakeInstances(
    const AgentConfig& config, const std::vector<DiscoveredAccelerator>& found);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_INSTANCES_H_
