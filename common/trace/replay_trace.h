#ifndef WF_COMMON_TRACE_REPLAY_TRACE_H_
#define WF_COMMON_TRACE_REPLAY_TRACE_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/energy.h"
#include "common/domain/unit.h"
#include "common/energy/interval.h"
#include "common/trace/lease_trace.h"

namespace wattfleet {

// How a trace's energy is attributed.
enum class ReplayMethod {
  // As the agent did: idle time at the loaded-idle power.
  kAllocV1,
  // As if no idle power were known: an interval's energy is spread evenly over its time, idle and
  // busy alike. What plain interpolation between readings does; low at the edges of each request.
  kPresenceLinear,
};
struct ReplayMethodRow {
  ReplayMethod method;
  std::string_view name;
  std::string_view meaning;
};
std::span<const ReplayMethodRow> ReplayMethods();
std::optional<ReplayMethod> ReplayMethodByName(std::string_view name);

struct ReplayedUnit {
  Unit unit = 0;
  ChannelEnergy energy;  // `channel` as in the trace
};

struct Replay {
  std::vector<ReplayedUnit> units;  // of counted requests, in the order of their settling
  std::vector<LedgerEntry> ledger;  // one per channel; none of a trace that is cut
};

// Makes the lease's books again from its readings, with the code that an agent runs. The same
// method gives the same figures, to the bit. INVALID_ARGUMENT for events that cannot have happened
// in their order.
absl::StatusOr<Replay> ReplayTrace(const LeaseTrace& trace, ReplayMethod method);

// The intervals of one channel, from the readings alone: its power over the lease.
std::vector<EnergyInterval> IntervalsOf(const LeaseTrace& trace, std::size_t channel);

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_REPLAY_TRACE_H_
