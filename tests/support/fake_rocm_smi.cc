// A librocm_smi64.so for machines without an AMD GPU: exports the functions that we use and behaves
// as tests/support/fake_amd_script.h says.
#include <algorithm>
#include <optional>

#include "tests/support/fake_amd_machine.h"

namespace {

using wattfleet::testing::FakeAmdGpu;
using wattfleet::testing::FakeAmdMachine;

constexpr int kNotSupported = 2;
std::optional<FakeAmdMachine> machine;
int inits = 0;

}  // namespace

WF_FAKE_CLOCK

WF_EXPORT int rsmi_init(std::uint64_t) {
  if (!machine) {
    machine = FakeAmdMachine::Read();
  }
  inits += machine->init_code == 0 ? 1 : 0;
  return machine->init_code;
}

WF_EXPORT int rsmi_shut_down() {
  if (--inits == 0) {
    machine.reset();
  }
  return 0;
}

WF_EXPORT int rsmi_status_string(int status, const char** words) {
  *words = status == 4 ? "Permission denied" : "Some error";
  return 0;
}

WF_EXPORT int rsmi_version_get(std::uint32_t* version) {
  std::copy(std::begin(machine->version), std::end(machine->version), version);
  return 0;
}

WF_EXPORT int rsmi_num_monitor_devices(std::uint32_t* count) {
  *count = static_cast<std::uint32_t>(machine->gpus.size());
  return 0;
}

WF_EXPORT int rsmi_dev_pci_id_get(std::uint32_t index, std::uint64_t* id) {
  *id = (machine->gpus[index].domain << 32U) | machine->gpus[index].BusDeviceFunction();
  return 0;
}

WF_EXPORT int rsmi_dev_name_get(std::uint32_t index, char* name, std::size_t length) {
  std::snprintf(name, length, "%s", machine->gpus[index].name.c_str());
  return 0;
}

WF_EXPORT int rsmi_dev_energy_count_get(std::uint32_t index, std::uint64_t* count,
                                        float* resolution, std::uint64_t* timestamp_ns) {
  const FakeAmdGpu& gpu = machine->gpus[index];
  *count = gpu.Count();
  *resolution = static_cast<float>(gpu.resolution);
  *timestamp_ns = static_cast<std::uint64_t>(gpu.wave.Now() * 1e9);
  return gpu.wave.CodeOf("energy", kNotSupported);
}

WF_EXPORT int rsmi_dev_power_get(std::uint32_t index, std::uint64_t* microwatts, int* type) {
  const FakeAmdGpu& gpu = machine->gpus[index];
  *microwatts = static_cast<std::uint64_t>(std::llround(gpu.Watts() * 1e6));
  *type = gpu.power == "current" ? 1 : 0;
  return gpu.wave.CodeOf("power", kNotSupported);
}
