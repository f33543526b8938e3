#ifndef WF_AGENT_POWER_UPDATE_PROBE_H_
#define WF_AGENT_POWER_UPDATE_PROBE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "agent/power/power_source.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// How often one channel's value was seen to change.
struct UpdatePeriod {
  std::chrono::nanoseconds median{0};
  std::chrono::nanoseconds least{0};
  std::chrono::nanoseconds p95{0};
  bool operator==(const UpdatePeriod&) const = default;
};

// Finds the update period of one channel from readings faster than it: the gaps between the
// changes of its value. What lies between a change and the one before is known to within a read.
class ChangeGaps {
 public:
  // A reading's value at `at_ns`; a fault breaks the gap that it falls in.
  void Add(std::int64_t at_ns, const ChannelValue& value);
  // Nothing with fewer gaps than that, or where most are no longer than twice the time between
  // readings: the value changes faster than it can be read, and how fast is not known.
  std::optional<UpdatePeriod> Find(std::size_t fewest_gaps = 10) const;
  std::int64_t values() const { return values_; }  // readings that brought one
  std::int64_t changes() const { return changes_; }

 private:
  std::int64_t values_ = 0;
  std::int64_t changes_ = 0;
  bool has_last_ = false;
  std::uint64_t last_raw_ = 0;
  std::chrono::nanoseconds last_elapsed_{0};
  std::int64_t last_ns_ = 0;
  std::optional<std::int64_t> last_change_ns_;
  std::vector<std::int64_t> gaps_ns_;
  std::vector<std::int64_t> reads_ns_;
};

struct ProbeOptions {
  std::chrono::nanoseconds span{std::chrono::seconds(3)};
  // Blocks until `clock` has reached the moment.
  std::function<void(const Clock& clock, MonotonicTime until)> wait_until;
};

// Reads `source` as fast as it allows for the span and says for each channel how often it changed.
// Blocks. Nothing is read where the source cannot be probed.
std::vector<std::optional<UpdatePeriod>> ProbeUpdatePeriods(PowerSource& source, const Clock& clock,
                                                            const ProbeOptions& options);

// `source` with what probing it found in place of what it took: the update periods of its channels
// and their facts, and, unless it was told how often to read, a read period of a quarter of the
// shortest, 10 to 100 ms and not below the source's own least. `source` itself where nothing was
// found.
std::unique_ptr<PowerSource> WithProbedPeriods(
    std::unique_ptr<PowerSource> source, const std::vector<std::optional<UpdatePeriod>>& periods);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_UPDATE_PROBE_H_
