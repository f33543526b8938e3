#ifndef WF_AGENT_POWER_AMDGPU_AMDGPU_POWER_SOURCE_H_
#define WF_AGENT_POWER_AMDGPU_AMDGPU_POWER_SOURCE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/amd_metrics.h"
#include "agent/power/drm_card.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// AMD GPUs as their kernel driver tells of them, for machines without ROCm: by a card's energy
// counter where it has one, else its power now, else a mean of it. The power of a chip with a CPU
// (APU) is that of both: Scope::kSocCompute of the host. Cards whose table of metrics tells why
// their clocks are held back have THERMAL_THROTTLED and POWER_CAPPED with the reading.
class AmdgpuPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (100), sysfs_root. NOT_FOUND: no such card; UNIMPLEMENTED: none tells its
  // power.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  void AddCard(const DrmCard& card);

  const std::string name_ = "amdgpu";
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<DrmSensor> sensors_;            // one per channel
  std::vector<AmdThrottle> throttles_;        // likewise
  std::vector<DrmThermometer> thermometers_;  // likewise
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMDGPU_AMDGPU_POWER_SOURCE_H_
