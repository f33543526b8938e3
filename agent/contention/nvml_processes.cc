#include <cstddef>
#include <utility>

#include "agent/contention/device_processes.h"
#include "agent/power/nvml/nvml_library.h"

namespace wattfleet::agent {

namespace {

class NvmlProcesses final : public DeviceProcesses {
 public:
  explicit NvmlProcesses(std::unique_ptr<NvmlLibrary> library) : library_(std::move(library)) {}

  std::map<std::string, std::vector<int>> Read() override {
    std::map<std::string, std::vector<int>> processes;
    for (const NvmlDevice& device : library_->devices()) {
      constexpr unsigned kMost = 256;
      std::vector<nvml::Process> listed(kMost);
      unsigned count = kMost;
      const auto list = library_->functions().DeviceGetComputeRunningProcesses_v3;
      if (list == nullptr || list(device.handle, &count, listed.data()) != nvml::kSuccess) {
        continue;
      }
      std::vector<int>& pids = processes[device.uuid];
      for (unsigned i = 0; i < count && i < kMost; ++i) {
        pids.push_back(static_cast<int>(listed[i].pid));
      }
    }
    return processes;
  }

 private:
  const std::unique_ptr<NvmlLibrary> library_;
};

}  // namespace

std::unique_ptr<DeviceProcesses> OpenNvmlProcesses(const std::string& path) {
  auto library = NvmlLibrary::Open(path);
  return library.ok() ? std::make_unique<NvmlProcesses>(*std::move(library)) : nullptr;
}

}  // namespace wattfleet::agent
