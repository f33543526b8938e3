#ifndef WF_AGENT_POWER_NVML_VISIBLE_GPUS_H_
#define WF_AGENT_POWER_NVML_VISIBLE_GPUS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

#include "agent/power/nvml/nvml_library.h"

namespace wattfleet::agent {

// What the environment tells CUDA programs of the GPUs that they may use.
struct CudaEnvironment {
  std::optional<std::string> visible_devices;  // CUDA_VISIBLE_DEVICES
  std::optional<std::string> device_order;     // CUDA_DEVICE_ORDER

  static CudaEnvironment OfThisProcess();
};

// Those of `devices` that CUDA programs see, in the order of `devices`; all of them where
// CUDA_VISIBLE_DEVICES is not set. It may name UUIDs, or their unique beginnings, and MIG
// partitions, of which `parent_of` gives the GPU's UUID (empty: unknown). Numbers count only where
// CUDA_DEVICE_ORDER=PCI_BUS_ID says what they count, or where they could only mean one thing;
// otherwise FAILED_PRECONDITION, with the remedy. NOT_FOUND when no GPU is left.
absl::StatusOr<std::vector<NvmlDevice>> VisibleGpus(
    const std::vector<NvmlDevice>& devices, const CudaEnvironment& environment,
    absl::FunctionRef<std::string(const std::string&)> parent_of);

// The same for an open library and this process's environment.
absl::StatusOr<std::vector<NvmlDevice>> VisibleGpus(const NvmlLibrary& library);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_NVML_VISIBLE_GPUS_H_
