#include "coordinator/store/sqlite_sweep.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/pair_json.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/sqlite_schema.h"

namespace wattfleet::coordinator {

namespace {

template <typename Enum>
std::int64_t Number(Enum value) {
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> NumberOrNull(ShardId id) {
  return id ? std::optional(id.value) : std::nullopt;
}

// Units of one pair in a table, ascending; step by step.
class UnitScan {
 public:
  static absl::StatusOr<UnitScan> Start(SqliteStatement* statement, PairId pair, UnitRange range) {
    UnitScan scan(statement);
    statement->Bind(1, pair.value).Bind(2, range.lo).Bind(3, range.hi);
    WF_RETURN_IF_ERROR(scan.Next());
    return scan;
  }
  // The unit it stands on; `range.hi` or beyond never occurs.
  const std::optional<Unit>& unit() const { return unit_; }
  absl::Status Next() {
    WF_ASSIGN_OR_RETURN(const bool more, statement_->Step());
    unit_ = more ? std::optional(statement_->Int(0)) : std::nullopt;
    if (!more) {
      statement_->Reset();
    }
    return absl::OkStatus();
  }

 private:
  explicit UnitScan(SqliteStatement* statement) : statement_(statement) {}
  SqliteStatement* statement_;
  std::optional<Unit> unit_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteSweep>> SqliteSweep::Open(const std::string& path, SweepId id,
                                                               const SqliteLimits& limits,
                                                               IngestCursors& cursors) {
  WF_ASSIGN_OR_RETURN(auto connection, SqliteConnection::OpenWriter(path, limits));
  WF_RETURN_IF_ERROR(PrepareSchema(*connection, SweepSchema()));
  auto sweep = std::unique_ptr<SqliteSweep>(new SqliteSweep(std::move(connection), id, cursors));
  WF_ASSIGN_OR_RETURN(const auto record, ReadSweep(sweep->connection()));
  if (record.has_value() && record->id != id) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s holds sweep %d: was it renamed?", path, record->id.value));
  }
  sweep->is_stored_ = record.has_value();
  return sweep;
}

absl::StatusOr<std::vector<Committed>> SqliteSweep::Apply(std::span<const StoreBatch> batches) {
  std::vector<Committed> committed(batches.size());
  const bool was_stored = is_stored_;
  if (absl::Status status = ApplyInTransaction(batches, committed); !status.ok()) {
    is_stored_ = was_stored;
    appender_.Forget();
    cursors_.Discard();
    return status;
  }
  cursors_.Commit();
  appender_.Trim();
  return committed;
}

absl::Status SqliteSweep::ApplyInTransaction(std::span<const StoreBatch> batches,
                                             std::vector<Committed>& committed) {
  WF_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*connection_));
  for (std::size_t i = 0; i < batches.size(); ++i) {
    committed[i].batch_id = batches[i].id;
    committed[i].sweep = id_;
    for (const StoreOp& op : batches[i].ops) {
      if (!is_stored_ && !std::holds_alternative<PutSweep>(op)) {
        return absl::InternalError(absl::StrFormat("sweep %d is not stored", id_.value));
      }
      WF_RETURN_IF_ERROR(
          std::visit([&](const auto& concrete) { return Do(concrete, committed[i]); }, op));
    }
  }
  WF_RETURN_IF_ERROR(appender_.Flush());
  WF_RETURN_IF_ERROR(cursors_.Write(*connection_));
  return transaction.Commit();
}

absl::Status SqliteSweep::ChangedOne(const std::string& what) {
  return connection_->changes() == 1 ? absl::OkStatus() : absl::InternalError(what);
}

absl::Status SqliteSweep::Do(const PutSweep& op, Committed&) {
  if (op.sweep.id != id_) {
    return absl::InternalError(
        absl::StrFormat("sweep %d put in a batch of sweep %d", op.sweep.id.value, id_.value));
  }
  WF_ASSIGN_OR_RETURN(SqliteStatement * put,
                      connection_->Cached("INSERT OR REPLACE INTO sweep "
                                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  is_stored_ = true;
  return put->Bind(1, op.sweep.id.value)
      .BindText(2, op.sweep.name)
      .Bind(3, Number(op.sweep.state))
      .BindText(4, op.sweep.reason)
      .BindText(5, op.sweep.resolved)
      .BindText(6, op.sweep.workload_id)
      .BindText(7, op.sweep.workload_name)
      .Bind(8, op.sweep.n_queries)
      .Bind(9, op.sweep.created_unix_ms)
      .Run();
}

absl::Status SqliteSweep::Do(const PutSample& op, Committed&) {
  WF_ASSIGN_OR_RETURN(const std::int64_t stored,
                      connection_->Number("SELECT count(*) FROM sample"));
  if (stored != 0) {
    return absl::InternalError(absl::StrFormat("sweep %d already has its sample", id_.value));
  }
  WF_ASSIGN_OR_RETURN(SqliteStatement * insert,
                      connection_->Cached("INSERT INTO sample VALUES (?1, ?2)"));
  for (std::size_t i = 0; i < op.q_of_position.size(); ++i) {
    WF_RETURN_IF_ERROR(
        insert->Bind(1, static_cast<std::int64_t>(i)).Bind(2, op.q_of_position[i]).Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::Do(const InsertPair& op, Committed&) {
  const PairSpec& pair = op.pair;
  if (pair.sweep != id_ || pair.id.value > kPairIdMax || pair.n_units > kUnitsMax) {
    return absl::InternalError(
        absl::StrFormat("pair %d is of another sweep, or too large to be stored", pair.id.value));
  }
  const std::string name = PairName(pair);
  const std::string spec = PairSpecToJson(pair, op.judge);
  WF_ASSIGN_OR_RETURN(SqliteStatement * insert,
                      connection_->Cached("INSERT INTO pair VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', "
                                          "NULL, NULL, NULL) ON CONFLICT DO NOTHING"));
  WF_RETURN_IF_ERROR(insert->Bind(1, pair.id.value)
                         .BindText(2, name)
                         .BindText(3, spec)
                         .Bind(4, pair.n_units)
                         .BindBlob(5, pair.plan_hash)
                         .Bind(6, Number(PairState::kOpen))
                         .Run());
  return ChangedOne(absl::StrFormat("pair %d is already stored", pair.id.value));
}

absl::Status SqliteSweep::Do(const SetPairState& op, Committed&) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_->Cached("UPDATE pair SET state = ?2, reason = ?3 WHERE pair_id = ?1"));
  WF_RETURN_IF_ERROR(
      update->Bind(1, op.pair.value).Bind(2, Number(op.state)).BindText(3, op.reason).Run());
  return ChangedOne(absl::StrFormat("pair %d is not stored", op.pair.value));
}

absl::Status SqliteSweep::Do(const SealPair& op, Committed&) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_->Cached("UPDATE pair SET seal_model_digest = ?2, seal_engine_kind = ?3, "
                          "seal_quantization = ?4 WHERE pair_id = ?1 AND "
                          "(seal_model_digest IS NULL OR (seal_model_digest = ?2 AND "
                          "seal_engine_kind = ?3 AND seal_quantization = ?4))"));
  WF_RETURN_IF_ERROR(update->Bind(1, op.pair.value)
                         .BindText(2, op.seal.model_digest)
                         .BindText(3, op.seal.engine_kind)
                         .BindText(4, op.seal.quantization)
                         .Run());
  return ChangedOne(absl::StrFormat("pair %d is not stored, or sealed otherwise", op.pair.value));
}

absl::Status SqliteSweep::Do(const InsertShard& op, Committed&) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * insert,
                      connection_->Cached("INSERT INTO shard VALUES "
                                          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  return insert->Bind(1, op.shard.id.value)
      .Bind(2, op.shard.pair.value)
      .Bind(3, NumberOrNull(op.shard.parent))
      .Bind(4, op.shard.range.lo)
      .Bind(5, op.shard.range.hi)
      .Bind(6, Number(op.shard.state))
      .Bind(7, op.shard.epoch)
      .Bind(8, std::int64_t{op.shard.crash_n})
      .Bind(9, std::int64_t{op.shard.error_n})
      .Run();
}

absl::Status SqliteSweep::Do(const UpdateShard& op, Committed&) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_->Cached("UPDATE shard SET parent_id = ?3, lo = ?4, hi = ?5, state = ?6, "
                          "epoch = ?7, crash_n = ?8, error_n = ?9 "
                          "WHERE shard_id = ?1 AND pair_id = ?2 AND epoch = ?10 AND state = ?11"));
  WF_RETURN_IF_ERROR(update->Bind(1, op.shard.id.value)
                         .Bind(2, op.shard.pair.value)
                         .Bind(3, NumberOrNull(op.shard.parent))
                         .Bind(4, op.shard.range.lo)
                         .Bind(5, op.shard.range.hi)
                         .Bind(6, Number(op.shard.state))
                         .Bind(7, op.shard.epoch)
                         .Bind(8, std::int64_t{op.shard.crash_n})
                         .Bind(9, std::int64_t{op.shard.error_n})
                         .Bind(10, op.expect_epoch)
                         .Bind(11, Number(op.expect_state))
                         .Run());
  return ChangedOne(absl::StrFormat("shard %d is not in epoch %d and state %d", op.shard.id.value,
                                    op.expect_epoch, Number(op.expect_state)));
}

absl::Status SqliteSweep::Do(const InsertLease& op, Committed&) {
  const LeaseRecord& lease = op.lease;
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection_->Cached("INSERT INTO lease (lease_id, shard_id, pair_id, epoch, agent_id, "
                          "instance, lo, hi, state, granted_unix_ms, ttl_ms) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
  return insert->Bind(1, lease.id.value)
      .Bind(2, lease.shard.value)
      .Bind(3, lease.pair.value)
      .Bind(4, lease.epoch)
      .Bind(5, lease.agent.value)
      .BindText(6, lease.instance)
      .Bind(7, lease.range.lo)
      .Bind(8, lease.range.hi)
      .Bind(9, Number(lease.state))
      .Bind(10, lease.granted_unix_ms)
      .Bind(11, lease.ttl_ms)
      .Run();
}

absl::Status SqliteSweep::Do(const UpdateLease& op, Committed&) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_->Cached("UPDATE lease SET state = ?3, closed_unix_ms = ?4, reason = ?5 "
                          "WHERE lease_id = ?1 AND state = ?2"));
  WF_RETURN_IF_ERROR(update->Bind(1, op.lease.value)
                         .Bind(2, Number(op.expect_state))
                         .Bind(3, Number(op.state))
                         .Bind(4, op.closed_unix_ms)
                         .BindText(5, op.reason)
                         .Run());
  return ChangedOne(
      absl::StrFormat("lease %d is not in state %d", op.lease.value, Number(op.expect_state)));
}

absl::Status SqliteSweep::Do(const AppendResults& op, Committed& committed) {
  return appender_.Append(op, committed);
}

absl::Status SqliteSweep::Do(const ConsumeSeq& op, Committed& committed) {
  Consume(op, cursors_, committed);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<UnitRange>> SqliteSweep::MissingOf(PairId pair, UnitRange range) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * of_results,
                      connection_->Cached("SELECT unit FROM result WHERE pair_id = ?1 AND "
                                          "unit >= ?2 AND unit < ?3 ORDER BY unit"));
  WF_ASSIGN_OR_RETURN(SqliteStatement * of_quarantine,
                      connection_->Cached("SELECT unit FROM quarantine WHERE pair_id = ?1 AND "
                                          "unit >= ?2 AND unit < ?3 ORDER BY unit"));
  WF_ASSIGN_OR_RETURN(UnitScan results, UnitScan::Start(of_results, pair, range));
  WF_ASSIGN_OR_RETURN(UnitScan quarantine, UnitScan::Start(of_quarantine, pair, range));
  std::vector<UnitRange> missing;
  Unit next = range.lo;  // everything before it is decided
  while (results.unit().has_value() || quarantine.unit().has_value()) {
    const bool is_result =
        results.unit().value_or(range.hi) <= quarantine.unit().value_or(range.hi);
    UnitScan& nearer = is_result ? results : quarantine;
    const Unit present = *nearer.unit();
    if (next < present) {
      missing.push_back({.lo = next, .hi = present});
    }
    next = present + 1;
    WF_RETURN_IF_ERROR(nearer.Next());
  }
  if (next < range.hi) {
    missing.push_back({.lo = next, .hi = range.hi});
  }
  return missing;
}

absl::Status SqliteSweep::Do(const CountMissing& op, Committed& committed) {
  WF_ASSIGN_OR_RETURN(std::vector<UnitRange> ranges, MissingOf(op.pair, op.range));
  MissingUnits missing{.shard = op.shard, .ranges = std::move(ranges)};
  if (op.judge) {
    WF_ASSIGN_OR_RETURN(missing.ranges, ToBeJudged(op.pair, *op.judge, missing.ranges));
    WF_ASSIGN_OR_RETURN(missing.unclear, CountUnclear(op.pair, op.range));
  }
  committed.missing.push_back(std::move(missing));
  return absl::OkStatus();
}

absl::Status SqliteSweep::Do(const QuarantineMissing& op, Committed& committed) {
  appender_.ForgetQuarantine(op.pair);
  if (op.units.empty()) {
    return Quarantine(op, op.range, committed);
  }
  for (const Unit unit : op.units) {
    if (op.range.contains(unit)) {
      WF_RETURN_IF_ERROR(Quarantine(op, {.lo = unit, .hi = unit + 1}, committed));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::Quarantine(const QuarantineMissing& op, UnitRange range,
                                     Committed& committed) {
  WF_ASSIGN_OR_RETURN(const std::vector<UnitRange> missing, MissingOf(op.pair, range));
  WF_ASSIGN_OR_RETURN(SqliteStatement * insert,
                      connection_->Cached("INSERT INTO quarantine VALUES (?1, ?2, ?3, ?4)"));
  for (const UnitRange& gap : missing) {
    for (Unit unit = gap.lo; unit < gap.hi; ++unit) {
      WF_RETURN_IF_ERROR(insert->Bind(1, op.pair.value)
                             .Bind(2, unit)
                             .Bind(3, op.lease.value)
                             .BindText(4, op.reason)
                             .Run());
      ++committed.quarantined;
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::Do(const RecordFailures& op, Committed&) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection_->Cached("INSERT INTO failure (shard_id, lease_id, unit, failure, message) "
                          "VALUES (?1, ?2, ?3, ?4, ?5)"));
  for (const UnitFailure& failure : op.failures) {
    WF_RETURN_IF_ERROR(insert->Bind(1, op.shard.value)
                           .Bind(2, op.lease.value)
                           .Bind(3, failure.unit)
                           .Bind(4, Number(failure.failure))
                           .BindText(5, failure.message)
                           .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::Do(const RecordEvent& op, Committed&) {
  return InsertEvent(*connection_, op);
}

absl::Status SqliteSweep::Do(const PutReattributed& op, Committed&) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * put,
                      connection_->Cached("INSERT OR REPLACE INTO reattributed "
                                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  for (const ReattributedEnergy& row : op.rows) {
    WF_RETURN_IF_ERROR(put->Bind(1, row.pair.value)
                           .Bind(2, row.unit)
                           .Bind(3, row.channel_id)
                           .BindText(4, op.method)
                           .Bind(5, Number(row.energy.status))
                           .Bind(6, row.energy.gross)
                           .Bind(7, row.energy.net)
                           .Bind(8, row.energy.random)
                           .Bind(9, static_cast<std::int64_t>(row.energy.flags))
                           .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteSweep::Do(const PutVerdicts& op, Committed&) {
  for (const AddedVerdict& row : op.rows) {
    WF_RETURN_IF_ERROR(appender_.PutVerdict(row));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SweepSnapshot>> SqliteSweep::Load() {
  WF_ASSIGN_OR_RETURN(std::optional<SweepRecord> record, ReadSweep(*connection_));
  if (!record.has_value()) {
    return std::optional<SweepSnapshot>();
  }
  SweepSnapshot snapshot{.sweep = *std::move(record)};
  WF_ASSIGN_OR_RETURN(snapshot.pairs, ReadPairs(*connection_, id_));
  WF_ASSIGN_OR_RETURN(snapshot.shards, ReadShards(*connection_));
  WF_ASSIGN_OR_RETURN(snapshot.open_leases, ReadOpenLeases(*connection_));
  return snapshot;
}

absl::StatusOr<SqliteSweep::HighestIds> SqliteSweep::ReadHighestIds() {
  HighestIds ids;
  WF_ASSIGN_OR_RETURN(ids.pair, connection_->Number("SELECT coalesce(max(pair_id), 0) FROM pair"));
  WF_ASSIGN_OR_RETURN(ids.shard,
                      connection_->Number("SELECT coalesce(max(shard_id), 0) FROM shard"));
  WF_ASSIGN_OR_RETURN(ids.lease,
                      connection_->Number("SELECT coalesce(max(lease_id), 0) FROM lease"));
  return ids;
}

}  // namespace wattfleet::coordinator
