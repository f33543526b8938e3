#ifndef WF_AGENT_ACCELERATOR_GPUS_H_
#define WF_AGENT_ACCELERATOR_GPUS_H_

#include <vector>

#include "agent/accelerator/discover.h"
#include "agent/power/power_config.h"

namespace wattfleet::agent {

// The GPUs of one vendor, each known by the id that its power source gives its channel. Names of
// instances are left to the caller.

// By UUID; those that CUDA_VISIBLE_DEVICES lets this process use, all where it is ambiguous.
std::vector<DiscoveredAccelerator> FindNvidiaGpus(const PowerPaths& paths);
// By PCI address: those that AMD's library knows, and the cards of the amdgpu driver, but no chip
// with a CPU. The two dies of an MI250 are one device, and so are the partitions of a GPU.
std::vector<DiscoveredAccelerator> FindAmdGpus(const PowerPaths& paths);
// By PCI address: the discrete cards of the xe and i915 drivers.
std::vector<DiscoveredAccelerator> FindIntelGpus(const PowerPaths& paths);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ACCELERATOR_GPUS_H_
