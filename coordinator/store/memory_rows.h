#ifndef WF_COORDINATOR_STORE_MEMORY_ROWS_H_
#define WF_COORDINATOR_STORE_MEMORY_ROWS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "coordinator/store/append_rules.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// The rows of a MemoryStore: the tables of schema/sweep.sql as maps.

struct MemoryPair {
  PairSpec spec;
  PairState state = PairState::kOpen;
  std::string reason;
  std::optional<Seal> seal;
  std::optional<JudgeTask> judge;
};

struct MemoryLease {
  LeaseRecord record;
  std::int64_t closed_unix_ms = 0;
  std::string reason;
  std::int64_t accepted = 0;
  std::int64_t failed = 0;  // of `accepted`
  std::int64_t duplicate = 0;
  std::int64_t conflicting = 0;
  std::int64_t refused = 0;
  std::map<std::int64_t, ChannelSums> sums;  // by channel id
  bool has_ledger = false;
  std::optional<std::string> ledger_refused;  // why
};

struct MemoryResult {
  Result result;
  LeaseId lease;
  std::int64_t environment_id = 0;
  std::optional<Verdict> verdict;
  std::map<std::int64_t, ChannelEnergy> energy;  // by channel id
};

struct MemoryDuplicate {
  ResultStatus status = ResultStatus::kCompleted;
  std::uint64_t body_digest = 0;
  std::int64_t duration_ns = 0;
  std::int64_t received_unix_ms = 0;
};

struct MemoryQuarantine {
  LeaseId lease;
  std::string reason;
};

struct MemoryFailure {
  ShardId shard;
  LeaseId lease;
  UnitFailure failure;
};

using UnitKey = std::pair<PairId, Unit>;
using SpoolKey = std::pair<AgentId, SpoolId>;

struct MemorySweep {
  SweepRecord record;
  std::optional<std::vector<std::int64_t>> sample;
  std::map<PairId, MemoryPair> pairs;
  std::map<ShardId, ShardRecord> shards;
  std::map<LeaseId, MemoryLease> leases;
  std::map<std::pair<ShardId, std::int64_t>, LeaseId> lease_of_epoch;
  std::map<UnitKey, MemoryResult> results;
  std::map<std::pair<UnitKey, LeaseId>, MemoryDuplicate> duplicates;
  std::map<UnitKey, MemoryQuarantine> quarantine;
  std::vector<MemoryFailure> failures;
  std::vector<EventRow> events;
  std::vector<EnvironmentRow> environments;  // id = place + 1; `results` over all pairs
  std::map<std::pair<PairId, std::int64_t>, std::int64_t> environment_results;
  std::vector<ChannelRow> channels;  // id = place + 1
  std::map<std::pair<LeaseId, std::int64_t>, LedgerRow> ledger;
  std::vector<std::pair<std::string, std::int32_t>> graders;
  std::map<LeaseId, std::map<std::int32_t, TracePart>> traces;  // by part
  std::map<std::tuple<UnitKey, std::int64_t, std::string>, ChannelEnergy> reattributed;
  std::map<std::tuple<UnitKey, std::string, std::int32_t>, Verdict> regraded;  // by grader, version
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_MEMORY_ROWS_H_
