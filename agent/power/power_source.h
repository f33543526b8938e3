#ifndef WF_AGENT_POWER_POWER_SOURCE_H_
#define WF_AGENT_POWER_POWER_SOURCE_H_

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/energy/channel.h"

namespace wattfleet::agent {

// How a source's update period may be probed, and what may follow from it.
struct ProbeTerms {
  std::chrono::nanoseconds read_every{0};  // as fast as it may be read for some seconds
  std::chrono::nanoseconds least_poll{0};  // it is not to be read more often than that for long
  bool poll_is_set = false;                // somebody chose the poll period: it stays
};

// A sensor of this machine. Owned and read by one thread.
class PowerSource {
 public:
  virtual ~PowerSource() = default;

  // The `name` of its row in open_power_source.cc.
  virtual const std::string& name() const = 0;
  // Fixed for its life; never empty.
  virtual const std::vector<ChannelSpec>& channels() const = 0;
  // How often reading it is worth while.
  virtual std::chrono::nanoseconds poll_period() const = 0;

  // Nothing where the update period is known, or reads are dear.
  virtual std::optional<ProbeTerms> probe_terms() const { return std::nullopt; }

  // Reads all channels now; blocks for as long as the device takes, and allocates nothing when all
  // is well. `values` has one element per channel, each of them set on return.
  virtual void Read(std::span<ChannelValue> values) = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_POWER_SOURCE_H_
