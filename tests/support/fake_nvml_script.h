#ifndef WF_TESTS_SUPPORT_FAKE_NVML_SCRIPT_H_
#define WF_TESTS_SUPPORT_FAKE_NVML_SCRIPT_H_

#include <string>

#include "tests/support/fake_gpu_script.h"

namespace wattfleet::testing {

// The fake libnvidia-ml.so, and the one that lacks nvmlDeviceGetFieldValues.
std::string FakeNvmlLibrary();
std::string FakeNvmlLibraryWithoutFields();

// Writes the file that tells the fake NVML how to behave. One line each; those after `gpu` are of
// that GPU, and times are seconds from its `zero_s`, which counts from boot on the monotonic clock:
//
//   init CODE                nvmlInit fails
//   driver VERSION
//   gpu UUID NAME            e.g. gpu GPU-aaaa NVIDIA H200
//   start_mj N               the counter's value long before zero
//   limit_w W   memory_gib N   architecture N   module   pci BUS_ID
//   mig [N]                  cut into N partitions; 2
//   power_gain G             power says G times what is drawn; the counter does not
//   celsius T                its temperature; without this word it has no sensor
//   throttle KIND FROM TO S  held back by KIND (thermal, brake, cap) for the share S of that time
//   processes PID ...        compute on it
//   throttle_ids N           the slowdown times are fields N to N + 2; 251; 0: no time counters
//
// and the words of fake_waveform.h, with CALL: energy_field scope_energy_field power_field
// mean_power_field time_fields energy_call power_call reasons processes temperature, and for `fail`
// also fields, handle and all.
class FakeNvmlScript final : public FakeGpuScript {
 public:
  FakeNvmlScript() : FakeGpuScript("FAKE_NVML_SCRIPT") {}
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_NVML_SCRIPT_H_
