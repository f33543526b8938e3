#ifndef WF_AGENT_POWER_AMD_SMI_AMD_GPU_LIBRARY_H_
#define WF_AGENT_POWER_AMD_SMI_AMD_GPU_LIBRARY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/energy/channel.h"

namespace wattfleet::agent {

// One GPU as AMD's libraries know it. Their order is not HIP's: it is known by its PCI address.
struct AmdGpu {
  std::string bus_id;  // e.g. "0000:c3:00.0"; partitions of a GPU differ in the function alone
  std::string name;    // e.g. "AMD Instinct MI300X"; may be empty
  // The energy count begins again after 2^32: in the oldest tables of the firmware.
  bool has_short_counter = false;
};

struct AmdEnergy {
  std::uint64_t count = 0;
  double microjoules_per_count = 0;  // as the library says
};

struct AmdPower {
  double watts = 0;
  bool is_mean = false;  // of a span that nobody states
};

// A management library of AMD's, loaded and initialised for as long as this lives. Used by one
// thread at a time: counters have gone backward under several (amdsmi issue 115).
class AmdGpuLibrary {
 public:
  virtual ~AmdGpuLibrary() = default;

  virtual const std::string& name() const = 0;     // "AMD SMI" or "ROCm SMI"
  virtual const std::string& version() const = 0;  // e.g. "26.1.0"
  virtual const std::vector<AmdGpu>& gpus() const = 0;

  // Sets the value when the answer is kNone. A value that the hardware leaves out (all ones, or 0)
  // is kUnavailable.
  virtual ReadFault ReadEnergy(std::size_t gpu, AmdEnergy& energy) = 0;
  virtual ReadFault ReadPower(std::size_t gpu, AmdPower& power) = 0;
};

// NOT_FOUND: no such library here; UNAVAILABLE: no driver, or no GPU that answers;
// PERMISSION_DENIED; FAILED_PRECONDITION: a version that we do not know. A path without a folder is
// looked for in ROCm's as well.
absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> OpenAmdSmi(const std::string& path);
absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> OpenRocmSmi(const std::string& path);

// The first, or the older second where the first does not open.
absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> OpenAmdGpuLibrary(const std::string& amd_smi,
                                                                 const std::string& rocm_smi);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMD_SMI_AMD_GPU_LIBRARY_H_
