#ifndef WF_AGENT_POWER_POWER_SOURCE_H_
#define WF_AGENT_POWER_POWER_SOURCE_H_

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "common/energy/channel.h"

namespace wattfleet::agent {

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

  // Reads all channels now; blocks for as long as the device takes, and allocates nothing when all
  // is well. `values` has one element per channel, each of them set on return.
  virtual void Read(std::span<ChannelValue> values) = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_POWER_SOURCE_H_
