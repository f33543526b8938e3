#ifndef WF_TESTS_SUPPORT_FAKE_NVML_SCRIPT_H_
#define WF_TESTS_SUPPORT_FAKE_NVML_SCRIPT_H_

#include <string>

#include "common/time/clock.h"

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
//   power T WATTS            draws WATTS from T on; at least one
//   zero_s S   update_s S    the sensor moves every S; 0.1
//   window_s S               it sees only the last S of each update
//   start_mj N   restart_s T the counter's value long before zero; it starts from 0 at T
//   limit_w W   memory_gib N   architecture N   mig   module
//   unsupported CALL         CALL: energy_field energy_call power_field power_call
//   fail CALL CODE FROM TO   also: fields handle all
class FakeNvmlScript {
 public:
  // Begins an empty script in a temporary file and names it in the environment, for the fake
  // library to find in this process and its children.
  FakeNvmlScript();
  ~FakeNvmlScript();
  FakeNvmlScript(const FakeNvmlScript&) = delete;
  FakeNvmlScript& operator=(const FakeNvmlScript&) = delete;

  FakeNvmlScript& Line(const std::string& line);
  // `zero_s` of the GPU named last.
  FakeNvmlScript& Zero(MonotonicTime zero);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_NVML_SCRIPT_H_
