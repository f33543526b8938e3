#ifndef WF_AGENT_POWER_AMD_SMI_AMD_SMI_POWER_SOURCE_H_
#define WF_AGENT_POWER_AMD_SMI_AMD_SMI_POWER_SOURCE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/amd_metrics.h"
#include "agent/power/amd_smi/amd_gpu_energy.h"
#include "agent/power/amd_smi/amd_gpu_library.h"
#include "agent/power/drm_card.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

// The energy of AMD GPUs by AMD SMI, or by ROCm SMI where that is all there is; one channel per
// GPU, known by its PCI address. A GPU that tells no power has no channel: the second die of an
// MI250, whose first tells for both, and virtual machines. A GPU in partitions has one channel,
// flagged MIG_SHARED.
//
// Why a GPU is held back, and its temperature, come from the kernel's files of the same card, which
// are what the libraries read: amdsmi_get_violation_status sleeps for 100 ms in each call, and its
// structure differs between versions.
class AmdSmiPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (50), library, rocm_library. UNIMPLEMENTED: no GPU here tells its power;
  // others as OpenAmdGpuLibrary.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  struct Channel {
    std::size_t gpu = 0;                 // of the library
    std::optional<AmdGpuEnergy> energy;  // absent: power alone
    Flags flags = 0;
    // Of the card as the kernel shows it; absent where it does not.
    std::optional<AmdThrottle> throttle;
    std::optional<DrmThermometer> thermometer;
  };

  explicit AmdSmiPowerSource(std::unique_ptr<AmdGpuLibrary> library)
      : library_(std::move(library)) {}
  void AddGpu(std::size_t gpu, const std::vector<DrmCard>& cards);
  ChannelValue ReadChannel(Channel& channel);

  const std::string name_ = "amd_smi";
  const SystemClock clock_;
  std::unique_ptr<AmdGpuLibrary> library_;
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<Channel> channels_;  // one per spec
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMD_SMI_AMD_SMI_POWER_SOURCE_H_
