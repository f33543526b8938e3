#ifndef WF_AGENT_POWER_RAPL_RAPL_POWER_SOURCE_H_
#define WF_AGENT_POWER_RAPL_RAPL_POWER_SOURCE_H_

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/kept_file.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// The energy counters of Intel and AMD CPUs, from Linux's powercap tree: one channel for each
// package, for each DRAM domain, and for the platform (psys), where there are any. `core` and
// `uncore` lie inside their package and are left out; the memory-mapped twin of a package is used
// only where the package itself is missing.
class RaplPowerSource final : public PowerSource {
 public:
  // Option: poll_ms (50). NOT_FOUND: no such tree; PERMISSION_DENIED: counters that this user may
  // not read, with the udev rule as the remedy.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  RaplPowerSource() = default;
  // A domain of the tree: its folder, and what it is called.
  struct Zone {
    std::string folder;  // e.g. /sys/class/powercap/intel-rapl:0
    std::string label;   // e.g. "package-0", "package-0/dram"
    Scope scope;
  };
  static std::vector<Zone> FindZones(const std::string& powercap);
  absl::Status AddZone(const Zone& zone);

  const std::string name_ = "rapl";
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<KeptFile> counters_;  // one per channel
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_RAPL_RAPL_POWER_SOURCE_H_
