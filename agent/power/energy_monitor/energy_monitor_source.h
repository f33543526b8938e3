#ifndef WF_AGENT_POWER_ENERGY_MONITOR_ENERGY_MONITOR_SOURCE_H_
#define WF_AGENT_POWER_ENERGY_MONITOR_ENERGY_MONITOR_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/energy_monitor/monitor_rails.h"
#include "agent/power/energy_monitor/monitor_stream.h"
#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

// Another process on this host that serves energy.EnergyMonitor (proto/energy), as the reference
// monitor does: its counters as channels of ours. What it counts nobody here has seen: it is
// another program's word, stamped by the wall clock and placed when it arrives.
//
// A value that is not news for a second is kUnavailable. A stream that ends, or that nothing comes
// from for 10 s, is kLost until the next one has begun, since the monitor may have started anew and
// its counters with it.
class EnergyMonitorSource final : public PowerSource {
 public:
  // Options: address (127.0.0.1:50053), loopback only; scope of fields 1 and 2, where the platform
  // does not say it; device; update_ms (50, on macOS 200), how often the monitor collects;
  // max_watts (2,000); poll_ms (20); timeout_ms (2,000) of the start. UNAVAILABLE,
  // DEADLINE_EXCEEDED: no monitor there; FAILED_PRECONDITION: it is not healthy, or see
  // FindMonitorChannels.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  EnergyMonitorSource(std::shared_ptr<grpc::Channel> channel, std::chrono::nanoseconds poll_period)
      : poll_period_(poll_period), stream_(std::move(channel), clock_) {}
  absl::Status AddChannels(const SourceOptions& options, const std::string& address,
                           std::chrono::milliseconds timeout);

  const std::string name_ = "energy_monitor";
  const std::chrono::nanoseconds poll_period_;
  SystemClock clock_;
  std::vector<MonitorChannel> rails_;  // one per channel
  std::vector<ChannelSpec> specs_;
  std::uint64_t followed_ = 0;  // the stream that the counters were read from last
  bool said_lost_ = false;      // since then
  MonitorStream stream_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_ENERGY_MONITOR_ENERGY_MONITOR_SOURCE_H_
