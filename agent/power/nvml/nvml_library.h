#ifndef WF_AGENT_POWER_NVML_NVML_LIBRARY_H_
#define WF_AGENT_POWER_NVML_NVML_LIBRARY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/nvml/nvml_api.h"

namespace wattfleet::agent {

// One GPU as NVML knows it, by index, which is not CUDA's order.
struct NvmlDevice {
  nvml::DeviceHandle handle = nullptr;
  std::string uuid;
  std::string name;  // e.g. "NVIDIA H200"
  std::optional<std::uint64_t> memory_bytes;
  std::optional<unsigned> architecture;         // nvml::Architecture and others
  std::string bus_id;                           // e.g. "00000000:3B:00.0"; empty when not told
  std::optional<bool> is_partitioned;           // MIG is on
  unsigned partitions = 0;                      // MIG devices that exist
  std::optional<bool> is_persistent;            // the driver stays loaded
  std::optional<std::uint64_t> power_limit_mw;  // enforced now
};

// NVML, loaded and initialised for as long as this lives. Calls go through `functions()`, and may
// block on the driver's lock.
class NvmlLibrary {
 public:
  // NOT_FOUND: no such library here; UNAVAILABLE: no driver, or it has no GPU that answers;
  // FAILED_PRECONDITION: library and driver differ. The remedy says what would mend it.
  static absl::StatusOr<std::unique_ptr<NvmlLibrary>> Open(const std::string& path);
  ~NvmlLibrary();
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;

  const nvml::Functions& functions() const { return functions_; }
  const std::string& driver_version() const { return driver_version_; }
  const std::string& library_version() const { return library_version_; }
  // The GPUs that answered when the library was opened; never empty.
  const std::vector<NvmlDevice>& devices() const { return devices_; }

  // The GPU that the partition of that UUID ("MIG-...") is a part of; empty: there is none.
  std::string ParentOfPartition(const std::string& partition_uuid) const;

  // `what` failed with `code`, in the library's words.
  absl::Status Error(int code, const std::string& what) const;

 private:
  explicit NvmlLibrary(void* handle) : handle_(handle) {}
  absl::Status Resolve(const std::string& path);
  absl::Status Initialise();
  void ReadVersions();
  absl::Status ReadDevices();
  absl::StatusOr<NvmlDevice> ReadDevice(unsigned index) const;
  unsigned CountPartitions(nvml::DeviceHandle device) const;

  void* handle_;
  bool initialised_ = false;
  nvml::Functions functions_;
  std::string driver_version_;
  std::string library_version_;
  std::vector<NvmlDevice> devices_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_NVML_NVML_LIBRARY_H_
