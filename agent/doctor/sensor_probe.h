#ifndef WF_AGENT_DOCTOR_SENSOR_PROBE_H_
#define WF_AGENT_DOCTOR_SENSOR_PROBE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "agent/power/power_source.h"
#include "agent/power/update_probe.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Lets that much time pass; false when it is time to stop.
using Wait = std::function<bool(std::chrono::nanoseconds)>;

struct ChannelProbe {
  std::int64_t values = 0;   // reads that brought one
  std::int64_t changes = 0;  // of it
  // As the agent finds it (ChangeGaps), from three gaps on: nothing where the value changes at
  // every other read or faster.
  std::optional<UpdatePeriod> update;
  bool changes_at_every_read = false;
};

// What reading a source costs, and how its channels move.
struct SourceProbe {
  std::chrono::nanoseconds spacing{0};  // from one read to the next, as meant
  std::int64_t reads = 0;
  std::chrono::nanoseconds cost_median{0};
  std::chrono::nanoseconds cost_most{0};
  std::vector<ChannelProbe> channels;  // one for each of the source's
};

// Reads `source` for about `span`, ten times as often as it is meant to be read where it is a
// counter of this machine, else as often: slow sensors and power sensors answer nonsense when
// hurried. Ends early when `wait` says so.
SourceProbe ProbeSource(PowerSource& source, const Clock& clock, const Wait& wait,
                        std::chrono::nanoseconds span);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DOCTOR_SENSOR_PROBE_H_
