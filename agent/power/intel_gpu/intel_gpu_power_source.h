#ifndef WF_AGENT_POWER_INTEL_GPU_INTEL_GPU_POWER_SOURCE_H_
#define WF_AGENT_POWER_INTEL_GPU_INTEL_GPU_POWER_SOURCE_H_

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/drm_card.h"
#include "agent/power/intel_gpu/throttle_reasons.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// Intel's discrete GPUs, by the energy counter of the xe or i915 driver: of the card, or of the
// package where the card has none; never both, since the card contains the package. GPUs inside a
// processor have no such counter. The driver extends a counter of 32 bits as it is read, so that it
// must be read at least once a minute. THERMAL_THROTTLED and POWER_CAPPED come with the reading
// where the driver gives its reasons.
class IntelGpuPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (100), sysfs_root. NOT_FOUND: no such card; UNIMPLEMENTED: none has a counter.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  void AddCard(const DrmCard& card);

  const std::string name_ = "intel_gpu";
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<DrmSensor> sensors_;            // one per channel
  std::vector<DrmThermometer> thermometers_;  // likewise
  std::vector<ThrottleReasons> throttles_;    // likewise
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_INTEL_GPU_INTEL_GPU_POWER_SOURCE_H_
