#ifndef WF_TESTS_HARDWARE_NVIDIA_MACHINE_H_
#define WF_TESTS_HARDWARE_NVIDIA_MACHINE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/energy/energy_meter.h"
#include "agent/power/nvml/nvml_library.h"
#include "agent/power/sampler.h"
#include "common/time/clock.h"
#include "tests/hardware/bursts.h"
#include "tests/hardware/gpu_work.h"

namespace wattfleet::hardware {

// How long each part of the checks takes.
struct CheckTimes {
  std::chrono::milliseconds idle{60'000};
  std::chrono::milliseconds busy{30'000};
  std::chrono::milliseconds probe{3'000};
  std::chrono::milliseconds trace{60'000};
  int bursts = 30;
  int rounds = 5;
};

// Reads of one field in a row: what it said, and how long each call took.
struct FieldSeries {
  std::vector<TimedValue> values;
  std::vector<double> call_us;
};

// A GPU, its library, and work for it.
class NvidiaMachine {
 public:
  // NOT_FOUND and others: as NvmlLibrary::Open, or no such GPU.
  static absl::StatusOr<std::unique_ptr<NvidiaMachine>> Open(const std::string& nvml_library,
                                                             std::size_t gpu, const Clock& clock);

  const agent::NvmlLibrary& library() const { return *library_; }
  const agent::NvmlDevice& gpu() const { return *gpu_; }
  const Clock& clock() const { return clock_; }

  // NVML's code; `value` when it is 0.
  int ReadField(unsigned field, unsigned scope, double& value) const;
  // Reads the field every 2 ms, in the caller's thread, while `work`, if any, runs in another.
  FieldSeries Watch(unsigned field, std::chrono::nanoseconds span, GpuWork* work) const;
  // The mean power of the energy counter over that time, in watts; nothing without one.
  std::optional<double> MeanWatts(std::chrono::nanoseconds span, GpuWork* work) const;

  // The agent's own meter over this GPU, sampling at its defaults from now on.
  absl::StatusOr<std::unique_ptr<agent::EnergyMeter>> StartMeter() const;
  absl::StatusOr<std::unique_ptr<agent::Sampler>> NewSampler() const;

 private:
  NvidiaMachine(std::string path, std::unique_ptr<agent::NvmlLibrary> library, std::size_t gpu,
                const Clock& clock);
  const std::string path_;
  std::unique_ptr<agent::NvmlLibrary> library_;
  const agent::NvmlDevice* gpu_;
  const Clock& clock_;
};

// Lets that much time pass.
void Pause(std::chrono::nanoseconds span);

}  // namespace wattfleet::hardware

#endif  // WF_TESTS_HARDWARE_NVIDIA_MACHINE_H_
