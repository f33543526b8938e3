#ifndef WF_AGENT_CLI_LIVE_POWER_H_
#define WF_AGENT_CLI_LIVE_POWER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/energy/metered_host.h"
#include "agent/power/power_config.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct ChannelPower {
  std::string name;
  std::optional<double> watts;  // mean over the measured time since the last look
};

// What this host's channels draw right now.
class LivePower {
 public:
  // NOT_FOUND when there is nothing to measure with; errors of sources asked for by name.
  static absl::StatusOr<std::unique_ptr<LivePower>> Open(const PowerConfig& config,
                                                         const Clock& clock);
  // One entry per channel, in a fixed order.
  std::vector<ChannelPower> Look();

 private:
  explicit LivePower(std::vector<std::unique_ptr<Sampler>> samplers);

  MeteredHost host_;
  std::vector<std::size_t> channels_;
  std::uint64_t recording_ = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_LIVE_POWER_H_
