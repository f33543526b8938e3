#ifndef WF_AGENT_ACCELERATOR_DISCOVER_H_
#define WF_AGENT_ACCELERATOR_DISCOVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "common/domain/fleet.h"

namespace wattfleet::agent {

// One device of this machine, offered as an instance of its own. Its engines are filled in by who
// knows them.
struct DiscoveredAccelerator {
  InstanceOffer offer;
  std::string description;                    // the vendor's name of it, for people
  std::optional<std::uint64_t> memory_bytes;  // its own, or the host's where it has none
  bool operator==(const DiscoveredAccelerator&) const = default;
};

// Every accelerator here: the GPUs of NVIDIA, AMD and Intel that are cards of their own, or Apple's
// chip; the CPU where there is neither. Never empty. Device ids are NVIDIA's UUIDs and others' PCI
// addresses; a chip or CPU that is the host itself has none.
std::vector<DiscoveredAccelerator> DiscoverAccelerators(const PowerPaths& paths);

// One instance over several of the devices found, as agent.yaml lists them: all of one type.
// NOT_FOUND names an unknown device and those that exist; INVALID_ARGUMENT: no device, one named
// twice, or two types.
absl::StatusOr<DiscoveredAccelerator> GroupAccelerators(
    const std::vector<DiscoveredAccelerator>& found, const std::vector<std::string>& device_ids);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ACCELERATOR_DISCOVER_H_
