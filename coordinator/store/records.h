#ifndef WF_COORDINATOR_STORE_RECORDS_H_
#define WF_COORDINATOR_STORE_RECORDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/domain/fleet.h"
#include "common/domain/ids.h"
#include "common/domain/judge_task.h"
#include "common/domain/pair.h"
#include "common/domain/result.h"
#include "common/domain/unit.h"

namespace wattfleet::coordinator {

// Stored as integers: values are never reused.
enum class SweepState {
  kPending = 0,
  kRunning = 1,
  kPaused = 2,
  kBlocked = 3,
  kCancelled = 4,
  kComplete = 5,
  kCompleteWithGaps = 6,
};
enum class PairState {
  kOpen = 0,
  kPaused = 1,
  kBlocked = 2,
  kCancelled = 3,
  kComplete = 4,
  kCompleteWithGaps = 5,
};
// Complete, with gaps or without, or cancelled.
constexpr bool HasEnded(PairState state) {
  return state == PairState::kCancelled || state == PairState::kComplete ||
         state == PairState::kCompleteWithGaps;
}
constexpr bool HasEnded(SweepState state) {
  return state == SweepState::kCancelled || state == SweepState::kComplete ||
         state == SweepState::kCompleteWithGaps;
}
enum class ShardState {
  kPending = 0,
  kLeased = 1,
  kDone = 2,
  kQuarantined = 3,
  kCancelled = 4,
  kSplit = 5
};
enum class LeaseState {
  kOffered = 0,
  kActive = 1,
  kCompleted = 2,
  kReleased = 3,
  kFailed = 4,
  kExpired = 5,
  kRevoked = 6,
  kSuperseded = 7,
};

struct ShardRecord {
  ShardId id;
  PairId pair;
  UnitRange range;
  ShardState state = ShardState::kPending;
  std::int64_t epoch = 0;
  std::int32_t crash_n = 0;
  std::int32_t error_n = 0;
  std::int64_t not_before_ms = 0;  // of the core's clock, not persisted across restarts
  ShardId parent;
  bool operator==(const ShardRecord&) const = default;
};

struct LeaseRecord {
  LeaseId id;
  ShardId shard;
  PairId pair;
  std::int64_t epoch = 0;
  AgentId agent;
  std::string instance;
  UnitRange range;
  LeaseState state = LeaseState::kActive;
  std::int64_t granted_unix_ms = 0;
  std::int64_t ttl_ms = 0;
  bool operator==(const LeaseRecord&) const = default;
};

struct SweepRecord {
  SweepId id;
  std::string name;
  SweepState state = SweepState::kPending;
  std::string reason;
  std::string resolved;     // the resolved sweep file, secrets redacted
  std::string workload_id;  // "sha256:<hex>"
  std::string workload_name;
  std::int64_t n_queries = 0;  // size of the sample
  std::int64_t created_unix_ms = 0;
  bool operator==(const SweepRecord&) const = default;
};

// One result batch with the verdicts of the deterministic graders, aligned with batch.results. The
// verdicts are filled by the grading pool after the core has seen the batch and before the store
// applies it; a result that no deterministic grader decides keeps nullopt.
struct GradedBatch {
  ResultBatch batch;
  std::vector<std::optional<Verdict>> verdicts;
  std::int64_t wire_bytes = 0;
};

// What one transaction does. Each op names its own key, so that a batch can be replayed by reading.
// Guards (`expect_*`) are assertions: an op that finds another state fails the whole batch with
// INTERNAL.
struct PutSweep {
  SweepRecord sweep;
};  // insert or replace, in catalog and sweep file
struct PutSample {
  std::vector<std::int64_t> q_of_position;
};  // once, at submit
struct InsertPair {
  PairSpec pair;
  std::optional<JudgeTask> judge = std::nullopt;  // of a pair that judges another's answers
};
struct SetPairState {
  PairId pair;
  PairState state = PairState::kOpen;
  std::string reason;
};
struct SealPair {
  PairId pair;
  Seal seal;
};  // no-op when sealed alike
struct InsertShard {
  ShardRecord shard;
};
struct UpdateShard {
  ShardRecord shard;
  std::int64_t expect_epoch = 0;
  ShardState expect_state = ShardState::kPending;
};
struct InsertLease {
  LeaseRecord lease;
};
struct UpdateLease {
  LeaseId lease;
  LeaseState expect_state = LeaseState::kActive;
  LeaseState state = LeaseState::kCompleted;
  std::int64_t closed_unix_ms = 0;
  std::string reason;
};
// Inserts results first-wins, duplicates and conflicts to result_dup, environment, channels,
// energy, bodies, verdicts, a part of the lease's trace, the close's ledger, and the cursor (agent,
// spool) -> seq. A ledger that does not balance is not stored: the lease is marked instead. Refuses
// (counts and consumes, does not store) what coordinator/store/append_rules.h says: a unit outside
// the lease's range, a lease that this agent never held, results after their lease's ledger.
// A result for a quarantined unit lifts the quarantine. A seq at or below the cursor changes
// nothing; one above cursor + 1 is a failed guard: the core keeps gaps away.
struct AppendResults {
  std::shared_ptr<const GradedBatch> graded;
  AgentId agent;
  std::int64_t received_unix_ms = 0;
};
// Moves the cursor over a batch that the core refused as a whole, or past frames that the agent no
// longer has. Never moves it back.
struct ConsumeSeq {
  AgentId agent;
  SpoolId spool{};
  std::uint64_t seq = 0;
  std::int64_t wire_bytes = 0;  // given back in CursorCommit
};
// Marks as quarantined each unit of `range` that has no result (or only those in `units`, if
// given).
struct QuarantineMissing {
  PairId pair;
  UnitRange range;
  std::vector<Unit> units;
  LeaseId lease;
  std::string reason;
};
struct RecordFailures {
  ShardId shard;
  LeaseId lease;
  std::vector<UnitFailure> failures;
};
struct RecordEvent {
  std::string kind;
  std::string text;
  std::int64_t at_unix_ms = 0;
};
// Reads, after the ops before it: the units of `range` that have neither result nor quarantine. Of
// a judge pair only those that have something to judge (append_rules.h).
struct CountMissing {
  ShardId shard;
  PairId pair;
  UnitRange range;
  std::optional<JudgeTask> judge = std::nullopt;
};
// Gives the answers that `graded` holds judgements of their verdict, in force, once they are judged
// in every order; one that has a verdict keeps it.
struct SettleJudgements {
  PairId pair;  // the judge pair
  JudgeTask judge;
  std::shared_ptr<const GradedBatch> graded;
};

// Verdicts in force on answers of a pair, given in the name of a judge that judges none of them,
// are said in another's from now on. Version and value stay.
struct RenameGrader {
  PairId pair;
  std::string from;
  std::string to;
  std::shared_ptr<const GradedBatch> among = nullptr;  // only of its results; absent: of all
};

// What another method makes of the traces, beside the stored energy. Replaces rows of that method.
struct ReattributedEnergy {
  PairId pair;
  Unit unit = 0;
  std::int64_t channel_id = 0;
  ChannelEnergy energy;  // its `channel` is not used
};
struct PutReattributed {
  std::string method;
  std::vector<ReattributedEnergy> rows;
};

// Verdicts of other graders on stored results, beside those in force, which stay. Key: pair, unit,
// grader with version; a second word of the same grader replaces its first, and one of the grader
// in force changes nothing. A unit without a result fails the guard.
struct AddedVerdict {
  PairId pair;
  Unit unit = 0;
  Verdict verdict;
};
struct PutVerdicts {
  std::vector<AddedVerdict> rows;
};

using StoreOp = std::variant<PutSweep, PutSample, InsertPair, SetPairState, SealPair, InsertShard,
                             UpdateShard, InsertLease, UpdateLease, AppendResults, ConsumeSeq,
                             QuarantineMissing, RecordFailures, RecordEvent, CountMissing,
                             SettleJudgements, RenameGrader, PutReattributed, PutVerdicts>;

// All of one sweep, applied in order and atomically.
struct StoreBatch {
  std::uint64_t id = 0;  // set by the core, ascending
  SweepId sweep;         // none: only ConsumeSeq and RecordEvent, kept beside the sweeps
  std::vector<StoreOp> ops;
};

// Tokens of stored results.
struct TokenSums {
  std::int64_t results = 0;
  std::int64_t uncounted = 0;  // of `results`: without a count of input or output tokens
  std::int64_t input = 0;      // those from a cache included
  std::int64_t cached = 0;
  std::int64_t output = 0;
  TokenCounts counts() const { return {.input = input, .cached = cached, .output = output}; }
  bool operator==(const TokenSums&) const = default;
};

struct LeaseCommit {
  LeaseId lease;
  PairId pair;
  std::int64_t accepted = 0;
  std::int64_t failed_accepted = 0;  // of `accepted`: those with status kFailed
  std::int64_t duplicate = 0;        // same status and digest as the stored one
  std::int64_t conflicting = 0;
  std::int64_t refused = 0;
  std::int64_t unquarantined = 0;  // of `accepted`: units that had been quarantined
  bool ledger_balances = true;     // of a close; true when the batch has none
  TokenSums tokens;                // of `accepted`
};
struct CursorCommit {
  AgentId agent;
  SpoolId spool{};
  std::uint64_t seq = 0;  // the cursor after this op: everything up to it is durable
  std::int64_t wire_bytes = 0;
};
struct MissingUnits {
  ShardId shard;
  std::vector<UnitRange> ranges;
  std::int64_t unclear = 0;  // of a judge pair: replies in the range that hold no verdict
};

// What a committed StoreBatch did.
struct Committed {
  std::uint64_t batch_id = 0;
  SweepId sweep;
  std::vector<LeaseCommit> leases;    // one per AppendResults, in order
  std::vector<CursorCommit> cursors;  // one per AppendResults or ConsumeSeq, in order
  std::vector<MissingUnits> missing;  // one per CountMissing, in order
  std::int64_t quarantined = 0;       // units that were not quarantined before
  std::vector<RecordEvent> events;    // that the store wrote of its own: conflicts, refused ledgers
};

// One pair as stored, with its counts.
struct PairSnapshot {
  PairSpec spec;
  PairState state = PairState::kOpen;
  std::string reason;
  std::optional<Seal> seal;
  std::int64_t completed = 0;  // results, those of status kFailed not counted
  std::int64_t failed = 0;     // results of status kFailed
  std::int64_t quarantined = 0;
  std::optional<JudgeTask> judge;
  TokenSums tokens;  // of judge pairs alone
};

// What the core starts from: everything but results and ended leases. Counting completed units uses
// the per-lease counters, never a scan of results, but for the tokens of judge pairs.
struct SweepSnapshot {
  SweepRecord sweep;
  std::vector<PairSnapshot> pairs;
  std::vector<ShardRecord> shards;       // all, in (pair, lo) order
  std::vector<LeaseRecord> open_leases;  // OFFERED or ACTIVE
};

struct AgentRecord {
  AgentId id;
  std::string name;
};

struct StoreSnapshot {
  std::string store_id;
  std::vector<AgentRecord> agents;
  std::vector<SweepSnapshot> sweeps;
  struct Cursor {
    AgentId agent;
    SpoolId spool{};
    std::uint64_t seq = 0;
  };
  std::vector<Cursor> cursors;  // the highest over all sweeps
  std::int64_t max_pair_id = 0;
  std::int64_t max_shard_id = 0;
  std::int64_t max_lease_id = 0;
  std::int64_t max_sweep_id = 0;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_RECORDS_H_
