#ifndef WF_COORDINATOR_STORE_SQLITE_APPEND_H_
#define WF_COORDINATOR_STORE_SQLITE_APPEND_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/store/append_rules.h"
#include "coordinator/store/ingest_cursors.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"

namespace wattfleet::coordinator {

// Appends results to one sweep's file: the hot path. What each batch would look up again (its lease
// with counters, environment, channels, graders) is kept in memory and written back once per
// transaction.
class SqliteAppender {
 public:
  SqliteAppender(SqliteConnection& connection, IngestCursors& cursors)
      : connection_(connection), cursors_(cursors) {}

  // Within the file's write transaction.
  absl::Status Append(const AppendResults& op, Committed& committed);
  // The pair has other quarantined units than before.
  void ForgetQuarantine(PairId pair) { quarantined_.erase(pair); }
  // Within the file's write transaction: one verdict beside those in force.
  absl::Status PutVerdict(const AddedVerdict& added);
  // Likewise: the verdict in force of a result that has none yet; otherwise nothing.
  absl::Status PutInForce(PairId pair, Unit unit, const Verdict& verdict);
  // Writes the counters back; before the commit.
  absl::Status Flush();
  // After a commit: keeps the memory bounded.
  void Trim();
  // After a rollback: what is remembered may never have been stored.
  void Forget();

 private:
  struct Lease {
    LeaseRecord record;
    std::int64_t accepted = 0;
    std::int64_t failed = 0;
    std::int64_t duplicate = 0;
    std::int64_t conflicting = 0;
    std::int64_t refused = 0;
    std::map<std::int64_t, ChannelSums> sums;  // by channel id
    bool has_ledger = false;
    bool is_dirty = false;
  };
  // One batch under way.
  struct Batch {
    const AppendResults& op;
    const ResultBatch& batch;
    Lease& lease;
    LeaseCommit& counts;
    std::int64_t environment_id = 0;        // 0 until a result needs it
    std::vector<std::int64_t> channel_ids;  // by place in batch.channels; 0 until needed
    bool has_quarantine = false;
    std::vector<RecordEvent> drifts;
  };
  struct Statements {
    SqliteStatement* result = nullptr;
    SqliteStatement* stored = nullptr;
    SqliteStatement* energy = nullptr;
    SqliteStatement* response = nullptr;
    SqliteStatement* verdict = nullptr;
    SqliteStatement* duplicate = nullptr;
    SqliteStatement* lift = nullptr;
  };
  absl::Status Prepare();
  absl::StatusOr<Lease*> FindLease(LeaseId id);
  absl::Status ReadLeaseCounters(Lease& lease);
  absl::Status AppendToLease(const AppendResults& op, Lease& lease, LeaseCommit& counts,
                             std::vector<RecordEvent>& events);
  absl::Status AppendOne(Batch& batch, std::size_t i);
  absl::StatusOr<bool> InsertResult(Batch& batch, const Result& result, const Verdict* verdict);
  absl::Status InsertParts(Batch& batch, const Result& result, const Verdict* verdict);
  absl::Status InsertVerdict(const Batch& batch, Unit unit, const Verdict& verdict);
  absl::Status SetAside(Batch& batch, const Result& result);
  absl::Status AddToSums(Batch& batch, const Result& result, Microjoules ChannelSums::*sum);
  absl::Status InsertTrace(const ResultBatch& batch);
  // Why the close's ledger is not stored; empty when it is, or when there is none.
  absl::StatusOr<std::string> CloseLedger(Batch& batch);
  absl::StatusOr<std::string> ChannelName(std::int64_t channel);
  // Adds an event to the batch's when the idle power has drifted since the pair's last ledger.
  absl::Status NoteBaseline(Batch& batch, std::int64_t channel, const LedgerEntry& entry);
  absl::StatusOr<std::optional<StoredBaseline>> LastBaseline(PairId pair, std::int64_t channel);
  absl::Status RefuseLedger(LeaseId lease, const std::string& why);
  absl::Status InsertLedger(LeaseId lease, std::int64_t channel, const LedgerEntry& entry);

  absl::StatusOr<std::int64_t> EnvironmentOf(Batch& batch);
  absl::StatusOr<std::int64_t> ChannelOf(Batch& batch, std::uint32_t channel);
  absl::StatusOr<std::int64_t> GraderOf(const Verdict& verdict);
  absl::StatusOr<std::int64_t> InsertEnvironment(const Batch& batch, const std::string& digest);
  absl::StatusOr<std::int64_t> InsertChannel(AgentId agent, const ChannelFacts& facts,
                                             const std::string& digest);
  absl::StatusOr<bool> HasQuarantine(PairId pair);
  absl::Status FlushLease(Lease& lease);

  SqliteConnection& connection_;
  IngestCursors& cursors_;
  Statements statements_;
  absl::flat_hash_map<LeaseId, std::unique_ptr<Lease>> leases_;  // null: not stored when last asked
  std::vector<Lease*> dirty_;
  absl::flat_hash_map<std::string, std::int64_t> environments_;  // by digest
  absl::flat_hash_map<std::string, std::int64_t> channels_;      // by digest
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> graders_;
  absl::flat_hash_map<PairId, bool> quarantined_;
  std::map<std::pair<PairId, std::int64_t>, std::optional<StoredBaseline>>
      baselines_;                                                                // the newest
  std::map<std::pair<PairId, std::int64_t>, std::int64_t> environment_results_;  // to be added
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_APPEND_H_
