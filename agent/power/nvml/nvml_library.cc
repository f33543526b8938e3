#include "agent/power/nvml/nvml_library.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include <dlfcn.h>

#include "agent/power/remedy.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

template <typename Function>
void Load(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
}

// Calls a function that fills a text buffer; empty when there is none, or it fails.
template <typename Function, typename... Arguments>
std::string Text(Function function, Arguments... arguments) {
  std::array<char, 128> buffer{};
  if (function == nullptr || function(arguments..., buffer.data(),
                                      static_cast<unsigned>(buffer.size())) != nvml::kSuccess) {
    return "";
  }
  buffer.back() = '\0';
  return buffer.data();
}

template <typename Function>
std::optional<unsigned> Number(Function function, nvml::DeviceHandle device) {
  unsigned value = 0;
  if (function == nullptr || function(device, &value) != nvml::kSuccess) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NvmlLibrary>> NvmlLibrary::Open(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return WithRemedy(
        absl::NotFoundError(absl::StrFormat("no NVIDIA driver library here (%s)", path)),
        "with an NVIDIA GPU: install NVIDIA's driver; in a container: run it with "
        "NVIDIA_DRIVER_CAPABILITIES=utility");
  }
  std::unique_ptr<NvmlLibrary> library(new NvmlLibrary(handle));
  WF_RETURN_IF_ERROR(library->Resolve(path));
  WF_RETURN_IF_ERROR(library->Initialise());
  library->ReadVersions();
  WF_RETURN_IF_ERROR(library->ReadDevices());
  return library;
}

NvmlLibrary::~NvmlLibrary() {
  if (initialised_ && functions_.Shutdown != nullptr) {
    functions_.Shutdown();
  }
  dlclose(handle_);
}

absl::Status NvmlLibrary::Resolve(const std::string& path) {
  nvml::Functions& f = functions_;
  Load(handle_, "nvmlInit_v2", f.Init_v2);
  Load(handle_, "nvmlShutdown", f.Shutdown);
  Load(handle_, "nvmlErrorString", f.ErrorString);
  Load(handle_, "nvmlSystemGetDriverVersion", f.SystemGetDriverVersion);
  Load(handle_, "nvmlSystemGetNVMLVersion", f.SystemGetNVMLVersion);
  Load(handle_, "nvmlDeviceGetCount_v2", f.DeviceGetCount_v2);
  Load(handle_, "nvmlDeviceGetHandleByIndex_v2", f.DeviceGetHandleByIndex_v2);
  Load(handle_, "nvmlDeviceGetUUID", f.DeviceGetUUID);
  Load(handle_, "nvmlDeviceGetName", f.DeviceGetName);
  Load(handle_, "nvmlDeviceGetArchitecture", f.DeviceGetArchitecture);
  Load(handle_, "nvmlDeviceGetMemoryInfo", f.DeviceGetMemoryInfo);
  Load(handle_, "nvmlDeviceGetHandleByUUID", f.DeviceGetHandleByUUID);
  Load(handle_, "nvmlDeviceGetPciInfo_v3", f.DeviceGetPciInfo_v3);
  Load(handle_, "nvmlDeviceGetMigMode", f.DeviceGetMigMode);
  Load(handle_, "nvmlDeviceGetMaxMigDeviceCount", f.DeviceGetMaxMigDeviceCount);
  Load(handle_, "nvmlDeviceGetMigDeviceHandleByIndex", f.DeviceGetMigDeviceHandleByIndex);
  Load(handle_, "nvmlDeviceGetDeviceHandleFromMigDeviceHandle",
       f.DeviceGetDeviceHandleFromMigDeviceHandle);
  Load(handle_, "nvmlDeviceGetPersistenceMode", f.DeviceGetPersistenceMode);
  Load(handle_, "nvmlDeviceGetEnforcedPowerLimit", f.DeviceGetEnforcedPowerLimit);
  Load(handle_, "nvmlDeviceGetTotalEnergyConsumption", f.DeviceGetTotalEnergyConsumption);
  Load(handle_, "nvmlDeviceGetPowerUsage", f.DeviceGetPowerUsage);
  Load(handle_, "nvmlDeviceGetTemperature", f.DeviceGetTemperature);
  Load(handle_, "nvmlDeviceGetFieldValues", f.DeviceGetFieldValues);
  Load(handle_, "nvmlDeviceGetComputeRunningProcesses_v3", f.DeviceGetComputeRunningProcesses_v3);
  if (f.DeviceGetComputeRunningProcesses_v3 == nullptr) {
    Load(handle_, "nvmlDeviceGetComputeRunningProcesses_v2", f.DeviceGetComputeRunningProcesses_v3);
  }
  Load(handle_, "nvmlDeviceGetCurrentClocksEventReasons", f.DeviceGetCurrentClocksEventReasons);
  if (f.DeviceGetCurrentClocksEventReasons == nullptr) {
    Load(handle_, "nvmlDeviceGetCurrentClocksThrottleReasons",
         f.DeviceGetCurrentClocksEventReasons);
  }
  if (f.Init_v2 == nullptr || f.DeviceGetCount_v2 == nullptr ||
      f.DeviceGetHandleByIndex_v2 == nullptr || f.DeviceGetUUID == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is too old, or not NVIDIA's management library", path));
  }
  return absl::OkStatus();
}

absl::Status NvmlLibrary::Initialise() {
  const int code = functions_.Init_v2();
  if (code == nvml::kSuccess) {
    initialised_ = true;
    return absl::OkStatus();
  }
  const absl::Status error = Error(code, "starting NVML");
  if (code == nvml::kLibraryVersionMismatch) {
    return WithRemedy(error, "the driver was updated while loaded: reboot");
  }
  if (code == nvml::kDriverNotLoaded) {
    return WithRemedy(error, "sudo modprobe nvidia");
  }
  return error;
}

absl::Status NvmlLibrary::Error(int code, const std::string& what) const {
  const char* words = functions_.ErrorString == nullptr ? nullptr : functions_.ErrorString(code);
  const std::string message =
      absl::StrFormat("%s: %s (%d)", what, words == nullptr ? "NVML error" : words, code);
  switch (code) {
    case nvml::kNotSupported:
      return absl::UnimplementedError(message);
    case nvml::kNoPermission:
      return absl::PermissionDeniedError(message);
    case nvml::kLibraryVersionMismatch:
      return absl::FailedPreconditionError(message);
    default:
      return absl::UnavailableError(message);
  }
}

void NvmlLibrary::ReadVersions() {
  driver_version_ = Text(functions_.SystemGetDriverVersion);
  library_version_ = Text(functions_.SystemGetNVMLVersion);
}

absl::Status NvmlLibrary::ReadDevices() {
  unsigned count = 0;
  if (const int code = functions_.DeviceGetCount_v2(&count); code != nvml::kSuccess) {
    return Error(code, "counting GPUs");
  }
  absl::Status last = absl::UnavailableError("the NVIDIA driver sees no GPU");
  for (unsigned index = 0; index < count; ++index) {
    absl::StatusOr<NvmlDevice> device = ReadDevice(index);
    if (device.ok()) {
      devices_.push_back(*std::move(device));
    } else {
      last = device.status();
    }
  }
  return devices_.empty() ? last : absl::OkStatus();
}

absl::StatusOr<NvmlDevice> NvmlLibrary::ReadDevice(unsigned index) const {
  const std::string what = absl::StrFormat("opening GPU %d", index);
  NvmlDevice device;
  if (const int code = functions_.DeviceGetHandleByIndex_v2(index, &device.handle);
      code != nvml::kSuccess) {
    return Error(code, what);
  }
  device.uuid = Text(functions_.DeviceGetUUID, device.handle);
  if (device.uuid.empty()) {
    return absl::UnavailableError(absl::StrFormat("%s: it does not say its UUID", what));
  }
  device.name = Text(functions_.DeviceGetName, device.handle);
  nvml::Memory memory{};
  if (functions_.DeviceGetMemoryInfo != nullptr &&
      functions_.DeviceGetMemoryInfo(device.handle, &memory) == nvml::kSuccess) {
    device.memory_bytes = memory.total;
  }
  device.architecture = Number(functions_.DeviceGetArchitecture, device.handle);
  if (const auto mode = Number(functions_.DeviceGetPersistenceMode, device.handle)) {
    device.is_persistent = *mode != 0;
  }
  device.power_limit_mw = Number(functions_.DeviceGetEnforcedPowerLimit, device.handle);
  unsigned current = 0;
  unsigned pending = 0;
  if (functions_.DeviceGetMigMode != nullptr &&
      functions_.DeviceGetMigMode(device.handle, &current, &pending) == nvml::kSuccess) {
    device.is_partitioned = current != 0;
    device.partitions = current != 0 ? CountPartitions(device.handle) : 0;
  }
  nvml::PciAddress pci{};
  if (functions_.DeviceGetPciInfo_v3 != nullptr &&
      functions_.DeviceGetPciInfo_v3(device.handle, &pci) == nvml::kSuccess) {
    pci.bus_id[sizeof(pci.bus_id) - 1] = '\0';
    device.bus_id = pci.bus_id;
  }
  return device;
}

unsigned NvmlLibrary::CountPartitions(nvml::DeviceHandle device) const {
  unsigned most = 0;
  if (functions_.DeviceGetMaxMigDeviceCount == nullptr ||
      functions_.DeviceGetMigDeviceHandleByIndex == nullptr ||
      functions_.DeviceGetMaxMigDeviceCount(device, &most) != nvml::kSuccess) {
    return 0;
  }
  unsigned count = 0;
  for (unsigned i = 0; i < most; ++i) {
    nvml::DeviceHandle partition = nullptr;
    count += functions_.DeviceGetMigDeviceHandleByIndex(device, i, &partition) == nvml::kSuccess;
  }
  return count;
}

std::string NvmlLibrary::ParentOfPartition(const std::string& partition_uuid) const {
  nvml::DeviceHandle partition = nullptr;
  nvml::DeviceHandle parent = nullptr;
  if (functions_.DeviceGetHandleByUUID == nullptr ||
      functions_.DeviceGetDeviceHandleFromMigDeviceHandle == nullptr ||
      functions_.DeviceGetHandleByUUID(partition_uuid.c_str(), &partition) != nvml::kSuccess ||
      functions_.DeviceGetDeviceHandleFromMigDeviceHandle(partition, &parent) != nvml::kSuccess) {
    return "";
  }
  return Text(functions_.DeviceGetUUID, parent);
}

}  // namespace wattfleet::agent
