#ifndef WF_AGENT_POWER_RAPL_RAPL_POWER_SOURCE_H_
#define WF_AGENT_POWER_RAPL_RAPL_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/kept_file.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "agent/power/rapl/counter_checks.h"
#include "agent/power/throttle_times.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

// The energy counters of Intel and AMD CPUs, from Linux's powercap tree: one channel for each
// package (or die), for each DRAM domain, and for the platform (psys), where there are any. `core`
// and `uncore` lie inside their package and are left out. The memory-mapped twin of a package takes
// its place where it is missing, or stands still for a second while the twin counts (CHANNEL_LOST
// at that moment). psys is COUNTER_REJECTED unless and until it has advanced by 0.9 of the packages
// over 10 s, and again whenever it has not.
//
// Intel's packages tell how long heat held them back: more than 1 % of the time between two reads
// is THERMAL_THROTTLED.
//
// The wrapping counters are read at least every 0.4 of the shortest time in which one can wrap.
class RaplPowerSource final : public PowerSource {
 public:
  // Options: poll_ms (50), sysfs_root. NOT_FOUND: no such tree; PERMISSION_DENIED: counters that
  // this user may not read, with the udev rule as the remedy.
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
    std::string twin_folder;    // of the same domain, memory-mapped; may be empty
    std::string throttle_file;  // of a package: milliseconds held back by heat; may be empty
  };
  struct Counter {
    KeptFile file;
    std::optional<KeptFile> twin;
    TwinChoice choice;
    std::optional<KeptFile> throttled_ms;
    ThrottleTimes throttle;
  };
  static std::vector<Zone> FindZones(const std::string& powercap);
  absl::Status AddZone(const Zone& zone, bool is_server);
  // So short that no counter can wrap unseen.
  void BoundPollPeriod();
  static void ReadCounter(Counter& counter, std::int64_t reads_per_second, ChannelValue& value);
  // THERMAL_THROTTLED, where a package was held back since the last read.
  void CheckThrottle(std::span<ChannelValue> values);
  void CheckPlatform(std::span<ChannelValue> values);

  const std::string name_ = "rapl";
  const SystemClock clock_{};
  std::chrono::nanoseconds poll_period_{0};
  std::vector<ChannelSpec> specs_;
  std::vector<Counter> counters_;  // one per channel
  PlatformCheck platform_check_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_RAPL_RAPL_POWER_SOURCE_H_
