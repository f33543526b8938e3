#ifndef WF_COORDINATOR_STORE_SQLITE_SWEEP_H_
#define WF_COORDINATOR_STORE_SQLITE_SWEEP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/store/append_rules.h"
#include "coordinator/store/ingest_cursors.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_append.h"

namespace wattfleet::coordinator {

// The writer's side of one sweep's file. Writer's thread.
class SqliteSweep {
 public:
  // Creates the file where needed. `cursors` outlives it. The error codes of PrepareSchema().
  static absl::StatusOr<std::unique_ptr<SqliteSweep>> Open(const std::string& path, SweepId id,
                                                           const SqliteLimits& limits,
                                                           IngestCursors& cursors);

  // See Store::Apply(). After an error the cursors are as before.
  absl::StatusOr<std::vector<Committed>> Apply(std::span<const StoreBatch> batches);

  // None when the first batch never committed.
  absl::StatusOr<std::optional<SweepSnapshot>> Load();
  struct HighestIds {
    std::int64_t pair = 0;
    std::int64_t shard = 0;
    std::int64_t lease = 0;
  };
  absl::StatusOr<HighestIds> ReadHighestIds();

  SqliteConnection& connection() { return *connection_; }

 private:
  SqliteSweep(std::unique_ptr<SqliteConnection> connection, SweepId id, IngestCursors& cursors)
      : connection_(std::move(connection)),
        id_(id),
        cursors_(cursors),
        appender_(*connection_, cursors) {}

  absl::Status ApplyInTransaction(std::span<const StoreBatch> batches,
                                  std::vector<Committed>& committed);
  absl::Status Do(const PutSweep& op, Committed& committed);
  absl::Status Do(const PutSample& op, Committed& committed);
  absl::Status Do(const InsertPair& op, Committed& committed);
  absl::Status Do(const SetPairState& op, Committed& committed);
  absl::Status Do(const SealPair& op, Committed& committed);
  absl::Status Do(const InsertShard& op, Committed& committed);
  absl::Status Do(const UpdateShard& op, Committed& committed);
  absl::Status Do(const InsertLease& op, Committed& committed);
  absl::Status Do(const UpdateLease& op, Committed& committed);
  absl::Status Do(const AppendResults& op, Committed& committed);
  absl::Status Do(const ConsumeSeq& op, Committed& committed);
  absl::Status Do(const QuarantineMissing& op, Committed& committed);
  absl::Status Do(const RecordFailures& op, Committed& committed);
  absl::Status Do(const RecordEvent& op, Committed& committed);
  absl::Status Do(const CountMissing& op, Committed& committed);
  absl::Status Do(const PutReattributed& op, Committed& committed);
  absl::Status Do(const SettleJudgements& op, Committed& committed);
  absl::Status Do(const PutVerdicts& op, Committed& committed);
  absl::Status Do(const RenameGrader& op, Committed& committed);

  absl::StatusOr<std::vector<UnitRange>> MissingOf(PairId pair, UnitRange range);
  // sqlite_judging.cc
  absl::StatusOr<std::vector<UnitRange>> ToBeJudged(PairId pair, const JudgeTask& task,
                                                    const std::vector<UnitRange>& among);
  absl::StatusOr<std::int64_t> CountUnclear(PairId pair, UnitRange range);
  absl::StatusOr<std::optional<JudgedRow>> RowForJudging(PairId pair, Unit unit);
  absl::Status RenameAll(const RenameGrader& op);
  absl::Status Settle(const SettleJudgements& op, Unit answer);
  absl::Status Quarantine(const QuarantineMissing& op, UnitRange range, Committed& committed);
  // A guard: the statement before it changed exactly one row.
  absl::Status ChangedOne(const std::string& what);

  std::unique_ptr<SqliteConnection> connection_;
  SweepId id_;
  IngestCursors& cursors_;
  SqliteAppender appender_;
  bool is_stored_ = false;  // the sweep's own row exists
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_SWEEP_H_
