// A libamd_smi.so for machines without an AMD GPU: exports the functions that we use and behaves as
// tests/support/fake_amd_script.h says. Its structures are those of the version that it claims.
#include <algorithm>
#include <cstring>
#include <optional>

#include "tests/support/fake_amd_machine.h"

namespace {

using wattfleet::testing::FakeAmdGpu;
using wattfleet::testing::FakeAmdMachine;

constexpr int kNotSupported = 2;
std::optional<FakeAmdMachine> machine;
int inits = 0;

// A handle is the GPU's index + 1; its socket is the same.
const FakeAmdGpu& GpuOf(void* handle) {
  return machine->gpus.at(reinterpret_cast<std::uintptr_t>(handle) - 1);
}

}  // namespace

WF_FAKE_CLOCK

WF_EXPORT int amdsmi_init(std::uint64_t flags) {
  if (flags != 2) {
    return 1;
  }
  if (!machine) {
    machine = FakeAmdMachine::Read();
  }
  inits += machine->init_code == 0 ? 1 : 0;
  return machine->init_code;
}

WF_EXPORT int amdsmi_shut_down() {
  if (--inits == 0) {
    machine.reset();
  }
  return 0;
}

WF_EXPORT int amdsmi_status_code_to_string(int status, const char** words) {
  *words = status == 10 ? "Permission Denied" : status == 34 ? "Driver not loaded" : "Some error";
  return 0;
}

WF_EXPORT int amdsmi_get_lib_version(std::uint32_t* version) {
  std::copy(std::begin(machine->version), std::end(machine->version), version);
  return 0;
}

WF_EXPORT int amdsmi_get_socket_handles(std::uint32_t* count, void** handles) {
  *count = static_cast<std::uint32_t>(machine->gpus.size());
  for (std::size_t i = 0; i < machine->gpus.size(); ++i) {
    handles[i] = reinterpret_cast<void*>(i + 1);
  }
  return 0;
}

WF_EXPORT int amdsmi_get_processor_handles(void* socket, std::uint32_t* count, void** handles) {
  *count = 1;
  handles[0] = socket;
  return 0;
}

WF_EXPORT int amdsmi_get_gpu_device_bdf(void* handle, std::uint64_t* bdf) {
  *bdf = (GpuOf(handle).domain << 16U) | GpuOf(handle).BusDeviceFunction();
  return GpuOf(handle).wave.CodeOf("bdf", kNotSupported);
}

WF_EXPORT int amdsmi_get_gpu_asic_info(void* handle, char* name) {
  std::snprintf(name, 64, "%s", GpuOf(handle).name.c_str());
  return 0;
}

WF_EXPORT int amdsmi_get_gpu_metrics_header_info(void* handle, unsigned char* header) {
  header[2] = static_cast<unsigned char>(GpuOf(handle).table_format);
  header[3] = static_cast<unsigned char>(GpuOf(handle).table_content);
  return 0;
}

WF_EXPORT int amdsmi_get_energy_count(void* handle, std::uint64_t* count, float* resolution,
                                      std::uint64_t* timestamp_ns) {
  *count = GpuOf(handle).Count();
  *resolution = static_cast<float>(GpuOf(handle).resolution);
  *timestamp_ns = static_cast<std::uint64_t>(GpuOf(handle).wave.Now() * 1e9);
  return GpuOf(handle).wave.CodeOf("energy", kNotSupported);
}

WF_EXPORT int amdsmi_get_power_info(void* handle, std::uint32_t* words) {
  const FakeAmdGpu& gpu = GpuOf(handle);
  const auto watts = static_cast<std::uint32_t>(std::lround(gpu.Watts()));
  const std::uint32_t absent = gpu.has_ones ? 0xFFFF'FFFF : 0;
  const unsigned version = machine->version[0];
  std::memset(words, 0, 40);
  std::uint32_t* const average = version == 23 ? words : version == 24 ? words + 1 : words + 3;
  if (version > 23) {
    *(average - 1) = gpu.power == "current" ? watts : absent;
  }
  *average = gpu.power == "average" || version == 23 ? watts : absent;
  return gpu.wave.CodeOf("power", kNotSupported);
}
