#ifndef WF_AGENT_ENERGY_CHANNEL_TOTAL_H_
#define WF_AGENT_ENERGY_CHANNEL_TOTAL_H_

#include <cstdint>
#include <string>

#include "common/domain/energy.h"
#include "common/energy/channel.h"

namespace wattfleet::agent {

// A channel of this host, and who reads it.
struct SourceChannel {
  std::string source;  // PowerSource::name
  ChannelSpec spec;
};

// What one channel has drawn since sampling began.
struct ChannelTotal {
  Microjoules energy = 0;        // of its measured intervals
  std::int64_t measured_ns = 0;  // their length
  std::int64_t until_ns = 0;     // the end of its newest interval, monotonic; 0: there is none yet
  bool is_measured = false;      // that interval is
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_CHANNEL_TOTAL_H_
