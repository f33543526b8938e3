#ifndef WF_AGENT_ENERGY_LIVE_POWER_H_
#define WF_AGENT_ENERGY_LIVE_POWER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/energy/metered_host.h"
#include "agent/power/power_config.h"
#include "agent/power/sampler.h"
#include "common/domain/flags.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// What one channel drew since the last look.
struct ChannelPower {
  std::optional<double> watts;  // mean over the measured time; absent where there was none
  Flags flags = 0;              // of the readings behind it
};

// What this host's channels draw right now. Look at least every two minutes: older readings are
// forgotten. Not thread-safe.
class LivePower {
 public:
  // Over what `config` asks for and finds, sampling from now on. NOT_FOUND when there is nothing to
  // measure with; errors of sources asked for by name.
  static absl::StatusOr<std::unique_ptr<LivePower>> Open(const PowerConfig& config,
                                                         const Clock& clock);
  // Over samplers that Start or the caller polls.
  explicit LivePower(std::vector<std::unique_ptr<Sampler>> samplers);
  void Start() { host_.Start(); }

  // The channels, in a fixed order.
  std::size_t channel_count() const { return channels_.size(); }
  const ChannelFacts& facts(std::size_t channel) const { return host_.facts(channel); }
  const ChannelSpec& spec(std::size_t channel) const { return host_.spec(channel); }

  // One entry per channel, in their order.
  std::vector<ChannelPower> Look();

 private:
  MeteredHost host_;
  std::vector<std::size_t> channels_;
  std::uint64_t recording_ = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_LIVE_POWER_H_
