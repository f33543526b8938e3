#ifndef WF_TESTS_HARDWARE_GPU_WORK_H_
#define WF_TESTS_HARDWARE_GPU_WORK_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "common/time/clock.h"

namespace wattfleet::hardware {

// Work for one GPU, done while its caller waits.
class GpuWork {
 public:
  virtual ~GpuWork() = default;
  virtual const char* what() const = 0;
  // Keeps the GPU busy for that long.
  virtual void RunFor(std::chrono::nanoseconds span) = 0;
  // Units of work done so far.
  virtual std::int64_t done() const = 0;
};

// Writes all over a piece of the GPU's memory, again and again, through the CUDA driver library at
// `path`: no compiler, no toolkit. NOT_FOUND: no such library, or no GPU of that UUID in it;
// UNAVAILABLE: what the driver says.
absl::StatusOr<std::unique_ptr<GpuWork>> OpenCudaWork(const std::string& path,
                                                      const std::string& gpu_uuid,
                                                      const Clock& clock);

// Does nothing while fake sensors draw by script.
std::unique_ptr<GpuWork> PretendedWork();

}  // namespace wattfleet::hardware

#endif  // WF_TESTS_HARDWARE_GPU_WORK_H_
