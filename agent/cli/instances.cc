#include "agent/cli/instances.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"

#include "agent/power/open_power_source.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

std::vector<DiscoveredAccelerator> FindAccelerators(const AgentConfig& config) {
  return DiscoverAccelerators(PathsOf(config.power));
}

absl::StatusOr<std::vector<InstanceOffer>> MakeInstances(
    const AgentConfig& config, const std::vector<DiscoveredAccelerator>& found) {
  std::vector<InstanceOffer> instances;
  if (config.discover_accelerators) {
    for (const DiscoveredAccelerator& accelerator : found) {
      instances.push_back(accelerator.offer);
    }
    return instances;
  }
  std::map<std::string, int> alike;
  for (const AcceleratorEntry& entry : config.accelerators) {
    if (!entry.devices.empty()) {
      WF_RETURN_IF_ERROR(GroupAccelerators(found, entry.devices).status());
    }
    const int number = ++alike[entry.id];
    instances.push_back({.name = number == 1 ? entry.id : absl::StrCat(entry.id, "-", number),
                         .accelerator = entry.id,
                         .location = entry.location,
                         .device_ids = entry.devices});
  }
  return instances;
}

}  // namespace wattfleet::agent
