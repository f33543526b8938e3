#ifndef WF_AGENT_POWER_NVML_NVML_POWER_SOURCE_H_
#define WF_AGENT_POWER_NVML_NVML_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/nvml/nvml_library.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// The energy of NVIDIA GPUs, one channel each, by the best that the GPU offers: its energy counter
// as a field (of the GPU, or of the whole module where the GPU alone has none), the counter's own
// call, instantaneous power, mean power of 1 s. GPUs that offer none have no channel.
class NvmlPowerSource final : public PowerSource {
 public:
  // Option: poll_ms (50). UNIMPLEMENTED: no GPU here has energy or power.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  enum class Access { kField, kEnergyCall, kPowerCall };
  // How one channel is read.
  struct Route {
    nvml::DeviceHandle handle = nullptr;
    Access access = Access::kField;
    unsigned field = nvml::kFieldTotalEnergy;
    unsigned scope = nvml::kScopeGpu;
    Flags flags = 0;
    bool IsEnergy() const {
      return access == Access::kEnergyCall ||
             (access == Access::kField && field == nvml::kFieldTotalEnergy);
    }
  };

  explicit NvmlPowerSource(std::unique_ptr<NvmlLibrary> library) : library_(std::move(library)) {}
  void AddDevice(const NvmlDevice& device);
  bool IsModule(const NvmlDevice& device) const;
  std::optional<Route> FindRoute(const NvmlDevice& device) const;
  static std::string RouteName(const Route& route);
  // NVML's return code.
  int ReadRoute(const Route& route, std::uint64_t& raw) const;

  const std::string name_ = "nvml";
  std::unique_ptr<NvmlLibrary> library_;
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<Route> routes_;  // one per channel
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_NVML_NVML_POWER_SOURCE_H_
