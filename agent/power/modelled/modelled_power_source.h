#ifndef WF_AGENT_POWER_MODELLED_MODELLED_POWER_SOURCE_H_
#define WF_AGENT_POWER_MODELLED_MODELLED_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/kept_file.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// Not a sensor: the host's busy CPU time (/proc/stat) x configured watts per busy core. Its channel
// has Scope::kModelled, so that no figure made with it is ever called measured. Opened only when
// asked for by name.
class ModelledPowerSource final : public PowerSource {
 public:
  // Options: watts_per_busy_core (required), poll_ms (100).
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  explicit ModelledPowerSource(KeptFile stat) : stat_(std::move(stat)) {}

  const std::string name_ = "modelled";
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  KeptFile stat_;
};

// Clock ticks in which the host's CPUs were busy (user, nice, system, irq, softirq, steal), from
// the first line of /proc/stat; nothing when it is not such a line.
std::optional<std::uint64_t> BusyTicks(std::string_view stat);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_MODELLED_MODELLED_POWER_SOURCE_H_
