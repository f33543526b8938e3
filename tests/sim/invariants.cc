#include "tests/sim/invariants.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace wattfleet::testing {

namespace {

using coordinator::LeaseState;
using coordinator::MemorySweep;
using coordinator::MemoryTables;
using coordinator::ShardState;
using coordinator::UnitKey;

bool IsOpen(LeaseState state) {
  return state == LeaseState::kOffered || state == LeaseState::kActive;
}

void CheckTiling(const MemorySweep& sweep, std::vector<std::string>& found) {
  for (const auto& [pair_id, pair] : sweep.pairs) {
    std::vector<UnitRange> ranges;
    for (const auto& [id, shard] : sweep.shards) {
      if (shard.pair == pair_id && shard.state != ShardState::kSplit) {
        ranges.push_back(shard.range);
      }
    }
    std::sort(ranges.begin(), ranges.end());
    Unit next = 0;
    for (const UnitRange& range : ranges) {
      if (range.lo != next) {
        found.push_back(absl::StrCat("I1: pair ", pair_id.value, " has a hole or an overlap at ",
                                     std::min(next, range.lo)));
      }
      next = range.hi;
    }
    if (next != pair.spec.n_units) {
      found.push_back(absl::StrCat("I1: pair ", pair_id.value, " is covered up to ", next));
    }
  }
}

void CheckShards(const MemorySweep& sweep, std::vector<std::string>& found) {
  std::map<ShardId, int> open_leases;
  for (const auto& [id, lease] : sweep.leases) {
    open_leases[lease.record.shard] += IsOpen(lease.record.state) ? 1 : 0;
    const auto shard = sweep.shards.find(lease.record.shard);
    if (shard == sweep.shards.end() || lease.record.epoch > shard->second.epoch) {
      found.push_back(absl::StrCat("I5: lease ", id.value, " is ahead of its shard"));
    }
  }
  for (const auto& [id, shard] : sweep.shards) {
    const int open = open_leases[id];
    if (open != (shard.state == ShardState::kLeased ? 1 : 0)) {
      found.push_back(absl::StrCat("I4: shard ", id.value, " in state ",
                                   static_cast<int>(shard.state), " has ", open, " open leases"));
    }
    if (shard.state != ShardState::kDone && shard.state != ShardState::kQuarantined) {
      continue;
    }
    for (Unit unit = shard.range.lo; unit < shard.range.hi; ++unit) {
      const UnitKey key{shard.pair, unit};
      if (!sweep.results.contains(key) && !sweep.quarantine.contains(key)) {
        found.push_back(absl::StrCat("I2: shard ", id.value, " is done without unit ", unit));
        break;
      }
    }
  }
}

void CheckRows(const MemorySweep& sweep, std::vector<std::string>& found) {
  std::map<LeaseId, std::int64_t> rows;
  for (const auto& [key, result] : sweep.results) {
    const auto pair = sweep.pairs.find(key.first);
    if (pair == sweep.pairs.end() || key.second < 0 || key.second >= pair->second.spec.n_units) {
      found.push_back(absl::StrCat("I3: unit ", key.second, " outside its pair"));
    }
    if (!sweep.leases.contains(result.lease)) {
      found.push_back(absl::StrCat("I6: unit ", key.second, " names no lease"));
    }
    if (sweep.quarantine.contains(key)) {
      found.push_back(absl::StrCat("I7: unit ", key.second, " is both stored and set aside"));
    }
    ++rows[result.lease];
  }
  for (const auto& [id, lease] : sweep.leases) {
    if (lease.accepted != rows[id]) {
      found.push_back(
          absl::StrCat("I8: lease ", id.value, " says ", lease.accepted, " rows, has ", rows[id]));
    }
  }
}

}  // namespace

std::vector<std::string> StoreViolations(const coordinator::MemoryTables& tables) {
  std::vector<std::string> found;
  for (const auto& [id, sweep] : tables.sweeps) {
    CheckTiling(sweep, found);
    CheckShards(sweep, found);
    CheckRows(sweep, found);
  }
  return found;
}

}  // namespace wattfleet::testing
