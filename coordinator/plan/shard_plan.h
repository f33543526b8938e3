#ifndef WF_COORDINATOR_PLAN_SHARD_PLAN_H_
#define WF_COORDINATOR_PLAN_SHARD_PLAN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/domain/ids.h"
#include "common/domain/unit.h"
#include "common/time/clock.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

struct OpenShard {
  ShardRecord record;
  MonotonicTime not_before{};
  LeaseId lease;       // while LEASED
  AgentId avoid;       // failed here last: another agent is preferred
  bool waits = false;  // of a judge pair: its answers are not all in yet
};

// How many units the next lease of a pair gets: guided self-scheduling with a factor of two (Hummel
// et al. 1992, "factoring"), so that the last leases are short.
struct ShardSizing {
  double target_seconds = 60;
  double min_seconds = 2;
  std::int64_t first_units = 16;  // while no speed is known
  std::int64_t max_units = 4096;  // bounds the prompts in flight for one lease
};

// `remaining` unassigned units, `slots` instances that could take them (>= 1), the asking
// instance's speed in units per second, if known.
std::int64_t ShardUnits(const ShardSizing& sizing, std::int64_t remaining, std::int64_t slots,
                        std::optional<double> units_per_second);

// The unfinished shards of one pair. Together with the finished ones, which only the store knows,
// they tile [0, n_units) at every commit. Not thread-safe: confined to the core.
class ShardPlan {
 public:
  void Add(OpenShard shard);
  OpenShard* Find(ShardId id);
  // Forgets a shard that reached a terminal state.
  void Finish(ShardId id);

  // The lowest shard that may be leased now to `agent`, or nullptr. One that failed on this very
  // agent comes last.
  OpenShard* NextPending(MonotonicTime now, AgentId agent);
  // The waiting shard that holds `unit`, or nullptr.
  OpenShard* FindWaiting(Unit unit);
  // Units in PENDING shards that do not wait, whatever their `not_before`.
  std::int64_t PendingUnits() const;
  bool empty() const { return shards_.empty(); }
  const std::map<ShardId, OpenShard>& open() const { return shards_; }

 private:
  std::map<ShardId, OpenShard> shards_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_PLAN_SHARD_PLAN_H_
