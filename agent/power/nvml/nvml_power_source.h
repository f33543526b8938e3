#ifndef WF_AGENT_POWER_NVML_NVML_POWER_SOURCE_H_
#define WF_AGENT_POWER_NVML_NVML_POWER_SOURCE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/nvml/nvml_gpu.h"
#include "agent/power/nvml/nvml_library.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

// The energy of the NVIDIA GPUs that this process may use (see visible_gpus.h), one channel each.
// GPUs that tell neither energy nor power have no channel.
class NvmlPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (50), library. UNIMPLEMENTED: no GPU here has energy or power; others as
  // NvmlLibrary::Open and VisibleGpus.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  std::optional<ProbeTerms> probe_terms() const override;
  void Read(std::span<ChannelValue> values) override;

 private:
  explicit NvmlPowerSource(std::unique_ptr<NvmlLibrary> library) : library_(std::move(library)) {}

  const std::string name_ = "nvml";
  const SystemClock clock_;
  std::unique_ptr<NvmlLibrary> library_;
  std::chrono::nanoseconds poll_period_{0};
  bool poll_is_set_ = false;
  std::vector<ChannelSpec> specs_;
  std::vector<NvmlGpu> gpus_;  // one per channel
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_NVML_NVML_POWER_SOURCE_H_
