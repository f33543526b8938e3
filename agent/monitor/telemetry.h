#ifndef WF_AGENT_MONITOR_TELEMETRY_H_
#define WF_AGENT_MONITOR_TELEMETRY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/energy/channel_total.h"
#include "common/time/clock.h"
#include "energy/energy_monitor.pb.h"

namespace wattfleet::agent {

// What a monitor says of the machine it runs on.
struct MonitoredHost {
  std::string os_name;
  std::string kernel_version;
  std::string host_name;
  std::string cpu_brand;
  std::uint32_t cpu_count = 0;
  std::string accelerators;  // their names, for people
};

// Makes the readings of energy.EnergyMonitor from what this host's channels have drawn.
//
// Fields 1 and 2 are the sum over the accelerators; where there are none, over the first of: the
// GPU of an Apple chip, its whole, a Jetson module, the processor packages. Fields 10 and 11 are
// the processors, 12 and 13 the neural engine. Where several sources see the same, the first one's
// channels are taken. A sum of which a part is missing is not there. What is not there is -1, as
// the protocol wants it. Modelled energy is never said. Not thread-safe.
class Telemetry {
 public:
  Telemetry(const std::vector<SourceChannel>& channels, MonitoredHost host);

  // nvidia, amd, macos, jetson, rapl; null: nothing that the protocol has a field for is measured.
  const std::string& platform() const { return platform_; }
  bool IsHealthy() const { return platform_ != "null"; }

  // The reading at `now`, from the totals in the order of the channels. Power is the mean over the
  // newest interval, or those since the last call.
  energy::TelemetryReading Next(std::span<const ChannelTotal> totals, MonotonicTime now,
                                WallTime wall);

 private:
  struct Part {
    std::size_t channel = 0;
    std::int64_t stale_ns = 0;  // an interval that ended so long ago is not the newest
    ChannelTotal last;
    double watts = -1;
  };
  using Rail = std::vector<Part>;
  struct Numbers {
    double watts = -1;
    double joules = -1;
  };
  static Rail MakeRail(const std::vector<SourceChannel>& channels, Scope scope);
  static Numbers Sum(Rail& rail, std::span<const ChannelTotal> totals, std::int64_t now_ns);

  std::string platform_ = "null";
  Rail main_;
  Rail cpu_;
  Rail neural_engine_;
  energy::TelemetryReading blank_;  // with all that does not change
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_MONITOR_TELEMETRY_H_
