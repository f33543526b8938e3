#include "coordinator/store/memory_store.h"

#include <algorithm>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/memory_sweep_view.h"
#include "coordinator/store/memory_transaction.h"

namespace wattfleet::coordinator {

namespace {

SweepSnapshot Snapshot(const MemorySweep& sweep) {
  SweepSnapshot snapshot{.sweep = sweep.record, .pairs = MemoryPairs(sweep)};
  for (const auto& [id, shard] : sweep.shards) {
    snapshot.shards.push_back(shard);
  }
  std::sort(snapshot.shards.begin(), snapshot.shards.end(),
            [](const ShardRecord& a, const ShardRecord& b) {
              return std::tie(a.pair, a.range.lo, a.id) < std::tie(b.pair, b.range.lo, b.id);
            });
  for (const auto& [id, lease] : sweep.leases) {
    if (lease.record.state == LeaseState::kOffered || lease.record.state == LeaseState::kActive) {
      snapshot.open_leases.push_back(lease.record);
    }
  }
  return snapshot;
}

template <typename Map>
void RaiseToLastKey(std::int64_t& highest, const Map& map) {
  if (!map.empty()) {
    highest = std::max(highest, map.rbegin()->first.value);
  }
}

}  // namespace

absl::StatusOr<std::vector<Committed>> MemoryStore::Apply(std::span<const StoreBatch> batches) {
  std::vector<Committed> committed(batches.size());
  MemoryTransaction transaction(tables_);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i].sweep != batches.front().sweep) {
      return absl::InternalError(absl::StrFormat("sweeps %d and %d in one transaction",
                                                 batches.front().sweep.value,
                                                 batches[i].sweep.value));
    }
    WF_RETURN_IF_ERROR(transaction.Apply(batches[i], committed[i]));
  }
  transaction.Commit();
  return committed;
}

absl::StatusOr<StoreSnapshot> MemoryStore::Load() {
  StoreSnapshot snapshot{.store_id = store_id_};
  for (const auto& [name, id] : tables_.agents) {
    snapshot.agents.push_back({.id = id, .name = name});
  }
  std::sort(snapshot.agents.begin(), snapshot.agents.end(),
            [](const AgentRecord& a, const AgentRecord& b) { return a.id < b.id; });
  for (const auto& [key, seq] : tables_.cursors) {
    if (seq > 0) {
      snapshot.cursors.push_back({.agent = key.first, .spool = key.second, .seq = seq});
    }
  }
  RaiseToLastKey(snapshot.max_sweep_id, tables_.sweeps);
  for (const auto& [id, sweep] : tables_.sweeps) {
    RaiseToLastKey(snapshot.max_pair_id, sweep.pairs);
    RaiseToLastKey(snapshot.max_shard_id, sweep.shards);
    RaiseToLastKey(snapshot.max_lease_id, sweep.leases);
    snapshot.sweeps.push_back(Snapshot(sweep));
  }
  return snapshot;
}

absl::StatusOr<AgentId> MemoryStore::RegisterAgent(const std::string& name) {
  const AgentId next{.value = static_cast<std::int64_t>(tables_.agents.size()) + 1};
  return tables_.agents.emplace(name, next).first->second;
}

absl::StatusOr<std::unique_ptr<SweepView>> MemoryStore::View(const std::string& sweep_name) const {
  for (const auto& [id, sweep] : tables_.sweeps) {
    if (sweep.record.name == sweep_name) {
      return std::make_unique<MemorySweepView>(sweep, tables_.agents);
    }
  }
  return absl::NotFoundError(absl::StrFormat("there is no sweep %s", sweep_name));
}

}  // namespace wattfleet::coordinator
