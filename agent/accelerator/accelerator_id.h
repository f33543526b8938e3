#ifndef WF_AGENT_ACCELERATOR_ACCELERATOR_ID_H_
#define WF_AGENT_ACCELERATOR_ACCELERATOR_ID_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattfleet::agent {

// Ids of device types: lower case, [a-z0-9-], trademarks and clock speeds dropped. The same device
// has the same id on every host.

// From NVML's name: "NVIDIA H100 80GB HBM3" -> "nvidia-h100-sxm-80gb".
std::string NvidiaAcceleratorId(std::string_view name);

// From AMD's name, or where it has none from the PCI id "1002:744C": "AMD Instinct MI300X" ->
// "amd-instinct-mi300x", "amd-gpu-744c".
std::string AmdAcceleratorId(std::string_view name, std::string_view pci_id);

// From the PCI id, since drivers tell no name: "8086:56A0" -> "intel-gpu-56a0".
std::string IntelGpuAcceleratorId(std::string_view pci_id);

// From /proc/cpuinfo's `model name`: "Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz" ->
// "cpu-intel-xeon-e5-2673-v4". `machine` ("aarch64") stands in where there is no name.
std::string CpuAcceleratorId(std::string_view model_name, std::string_view machine);

// From macOS's brand string, GPU cores and unified memory: "Apple M4 Max", 40, 128 GiB ->
// "apple-m4-max-40c-128gb".
std::string AppleAcceleratorId(std::string_view brand, std::optional<int> gpu_cores,
                               std::optional<std::uint64_t> memory_bytes);

// Several devices as one instance: "nvidia-h200", 2 -> "nvidia-h200-x2".
std::string GroupAcceleratorId(const std::string& id, std::size_t devices);

// The value of the first `model name` (or, on some Arm boards, `Model`) of /proc/cpuinfo; empty
// where it has none.
std::string CpuModelName(std::string_view cpuinfo);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ACCELERATOR_ACCELERATOR_ID_H_
