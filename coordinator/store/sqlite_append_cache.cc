#include <optional>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/sqlite_append.h"
#include "coordinator/store/sqlite_rows.h"

namespace wattfleet::coordinator {

namespace {

// Runs an "INSERT ... RETURNING id" statement.
absl::StatusOr<std::int64_t> IdOf(SqliteStatement& statement) {
  WF_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
  const std::int64_t id = has_row ? statement.Int(0) : 0;
  statement.Reset();
  return id;
}

// The id that `select` finds, or nothing.
absl::StatusOr<std::optional<std::int64_t>> FindId(SqliteStatement& select) {
  WF_ASSIGN_OR_RETURN(const bool has_row, select.Step());
  const std::optional<std::int64_t> id = has_row ? std::optional(select.Int(0)) : std::nullopt;
  select.Reset();
  return id;
}

}  // namespace

absl::StatusOr<SqliteAppender::Lease*> SqliteAppender::FindLease(LeaseId id) {
  std::unique_ptr<Lease>& remembered = leases_[id];
  if (remembered == nullptr) {
    WF_ASSIGN_OR_RETURN(std::optional<LeaseRecord> record, ReadLease(connection_, id));
    if (!record.has_value()) {
      return nullptr;
    }
    auto lease = std::make_unique<Lease>();
    lease->record = *std::move(record);
    WF_RETURN_IF_ERROR(ReadLeaseCounters(*lease));
    remembered = std::move(lease);
  }
  return remembered.get();
}

absl::Status SqliteAppender::ReadLeaseCounters(Lease& lease) {
  const std::int64_t id = lease.record.id.value;
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * counters,
      connection_.Cached("SELECT n_accepted, n_failed, n_duplicate, n_conflicting, n_refused, "
                         "EXISTS (SELECT 1 FROM ledger l WHERE l.lease_id = lease.lease_id) "
                         "FROM lease WHERE lease_id = ?1"));
  WF_RETURN_IF_ERROR(counters->Bind(1, id).Step().status());
  lease.accepted = counters->Int(0);
  lease.failed = counters->Int(1);
  lease.duplicate = counters->Int(2);
  lease.conflicting = counters->Int(3);
  lease.refused = counters->Int(4);
  lease.has_ledger = counters->Int(5) != 0;
  counters->Reset();
  WF_ASSIGN_OR_RETURN(SqliteStatement * sums,
                      connection_.Cached("SELECT channel_id, counted_uj, set_aside_uj "
                                         "FROM lease_energy WHERE lease_id = ?1"));
  sums->Bind(1, id);
  WF_ASSIGN_OR_RETURN(bool more, sums->Step());
  while (more) {
    lease.sums[sums->Int(0)] = {.counted = sums->Int(1), .set_aside = sums->Int(2)};
    WF_ASSIGN_OR_RETURN(more, sums->Step());
  }
  sums->Reset();
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> SqliteAppender::EnvironmentOf(Batch& batch) {
  if (batch.environment_id != 0) {
    return batch.environment_id;
  }
  const std::string digest =
      EnvironmentDigest(batch.op.agent, batch.lease.record.instance, batch.batch.environment);
  const auto found = environments_.find(digest);
  if (found == environments_.end()) {
    WF_ASSIGN_OR_RETURN(batch.environment_id, InsertEnvironment(batch, digest));
    environments_.emplace(digest, batch.environment_id);
  } else {
    batch.environment_id = found->second;
  }
  return batch.environment_id;
}

absl::StatusOr<std::int64_t> SqliteAppender::InsertEnvironment(const Batch& batch,
                                                               const std::string& digest) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * select,
      connection_.Cached("SELECT environment_id FROM environment WHERE digest = ?1"));
  WF_ASSIGN_OR_RETURN(const auto stored, FindId(select->BindBlob(1, digest)));
  if (stored.has_value()) {
    return *stored;
  }
  const Environment& environment = batch.batch.environment;
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection_.Cached("INSERT INTO environment (agent_id, instance, model_digest, engine_kind, "
                         "quantization, facts, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                         "RETURNING environment_id"));
  return IdOf(insert->Bind(1, batch.op.agent.value)
                  .BindText(2, batch.lease.record.instance)
                  .BindText(3, environment.seal.model_digest)
                  .BindText(4, environment.seal.engine_kind)
                  .BindText(5, environment.seal.quantization)
                  .BindText(6, environment.facts_json)
                  .BindBlob(7, digest));
}

absl::StatusOr<std::int64_t> SqliteAppender::ChannelOf(Batch& batch, std::uint32_t channel) {
  std::int64_t& id = batch.channel_ids[channel];
  if (id != 0) {
    return id;
  }
  const ChannelFacts& facts = batch.batch.channels[channel];
  const std::string digest = ChannelDigest(batch.op.agent, facts);
  const auto found = channels_.find(digest);
  if (found == channels_.end()) {
    WF_ASSIGN_OR_RETURN(id, InsertChannel(batch.op.agent, facts, digest));
    channels_.emplace(digest, id);
  } else {
    id = found->second;
  }
  return id;
}

absl::StatusOr<std::int64_t> SqliteAppender::InsertChannel(AgentId agent, const ChannelFacts& facts,
                                                           const std::string& digest) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * select,
                      connection_.Cached("SELECT channel_id FROM channel WHERE digest = ?1"));
  WF_ASSIGN_OR_RETURN(const auto stored, FindId(select->BindBlob(1, digest)));
  if (stored.has_value()) {
    return *stored;
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection_.Cached("INSERT INTO channel (agent_id, name, source, scope, facts, digest) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING channel_id"));
  return IdOf(insert->Bind(1, agent.value)
                  .BindText(2, facts.name)
                  .BindText(3, facts.source)
                  .Bind(4, static_cast<std::int64_t>(facts.scope))
                  .BindText(5, facts.facts_json)
                  .BindBlob(6, digest));
}

absl::StatusOr<std::int64_t> SqliteAppender::GraderOf(const Verdict& verdict) {
  const std::pair key{verdict.grader, verdict.grader_version};
  if (const auto found = graders_.find(key); found != graders_.end()) {
    return found->second;
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * select,
      connection_.Cached("SELECT grader_id FROM grader WHERE name = ?1 AND version = ?2"));
  WF_ASSIGN_OR_RETURN(
      std::optional<std::int64_t> id,
      FindId(select->BindText(1, verdict.grader).Bind(2, std::int64_t{verdict.grader_version})));
  if (!id.has_value()) {
    WF_ASSIGN_OR_RETURN(SqliteStatement * insert,
                        connection_.Cached("INSERT INTO grader (name, version) VALUES (?1, ?2) "
                                           "RETURNING grader_id"));
    WF_ASSIGN_OR_RETURN(
        id,
        IdOf(insert->BindText(1, verdict.grader).Bind(2, std::int64_t{verdict.grader_version})));
  }
  graders_.emplace(key, *id);
  return *id;
}

absl::Status SqliteAppender::PutVerdict(const AddedVerdict& added) {
  WF_ASSIGN_OR_RETURN(const std::int64_t grader, GraderOf(added.verdict));
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * result,
      connection_.Cached("SELECT EXISTS (SELECT 1 FROM verdict WHERE pair_id = ?1 AND unit = ?2 "
                         "AND grader_id = ?3) FROM result WHERE pair_id = ?1 AND unit = ?2"));
  WF_ASSIGN_OR_RETURN(
      const auto in_force,
      FindId(result->Bind(1, added.pair.value).Bind(2, added.unit).Bind(3, grader)));
  if (!in_force.has_value()) {
    return absl::InternalError(
        absl::StrFormat("unit %d of pair %d has no result to grade", added.unit, added.pair.value));
  }
  if (*in_force != 0) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * put,
      connection_.Cached("INSERT OR REPLACE INTO regraded VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  return put->Bind(1, added.pair.value)
      .Bind(2, added.unit)
      .Bind(3, grader)
      .Bind(4, static_cast<std::int64_t>(added.verdict.value))
      .BindText(5, added.verdict.reason)
      .BindText(6, added.verdict.extracted)
      .Run();
}

absl::Status SqliteAppender::PutInForce(PairId pair, Unit unit, const Verdict& verdict) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_.Cached("UPDATE result SET verdict = ?3 WHERE pair_id = ?1 AND unit = ?2 AND "
                         "verdict IS NULL"));
  WF_RETURN_IF_ERROR(update->Bind(1, pair.value)
                         .Bind(2, unit)
                         .Bind(3, static_cast<std::int64_t>(verdict.value))
                         .Run());
  if (connection_.changes() == 0) {
    return absl::OkStatus();
  }
  WF_RETURN_IF_ERROR(Prepare());
  WF_ASSIGN_OR_RETURN(const std::int64_t grader, GraderOf(verdict));
  return statements_.verdict->Bind(1, pair.value)
      .Bind(2, unit)
      .Bind(3, grader)
      .Bind(4, static_cast<std::int64_t>(verdict.value))
      .BindText(5, verdict.reason)
      .BindText(6, verdict.extracted)
      .Run();
}

absl::StatusOr<bool> SqliteAppender::HasQuarantine(PairId pair) {
  const auto found = quarantined_.find(pair);
  if (found != quarantined_.end()) {
    return found->second;
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * select,
      connection_.Cached("SELECT EXISTS (SELECT 1 FROM quarantine WHERE pair_id = ?1)"));
  WF_ASSIGN_OR_RETURN(const auto any, FindId(select->Bind(1, pair.value)));
  quarantined_[pair] = any.value_or(0) != 0;
  return any.value_or(0) != 0;
}

absl::Status SqliteAppender::Flush() {
  for (Lease* lease : dirty_) {
    WF_RETURN_IF_ERROR(FlushLease(*lease));
  }
  dirty_.clear();
  for (const auto& [key, results] : environment_results_) {
    WF_ASSIGN_OR_RETURN(SqliteStatement * upsert,
                        connection_.Cached("INSERT INTO pair_environment VALUES (?1, ?2, ?3) "
                                           "ON CONFLICT DO UPDATE SET results = results + ?3"));
    WF_RETURN_IF_ERROR(upsert->Bind(1, key.first.value).Bind(2, key.second).Bind(3, results).Run());
  }
  environment_results_.clear();
  return absl::OkStatus();
}

absl::Status SqliteAppender::FlushLease(Lease& lease) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * update,
      connection_.Cached("UPDATE lease SET n_accepted = ?2, n_failed = ?3, n_duplicate = ?4, "
                         "n_conflicting = ?5, n_refused = ?6 WHERE lease_id = ?1"));
  WF_RETURN_IF_ERROR(update->Bind(1, lease.record.id.value)
                         .Bind(2, lease.accepted)
                         .Bind(3, lease.failed)
                         .Bind(4, lease.duplicate)
                         .Bind(5, lease.conflicting)
                         .Bind(6, lease.refused)
                         .Run());
  for (const auto& [channel, sums] : lease.sums) {
    WF_ASSIGN_OR_RETURN(
        SqliteStatement * upsert,
        connection_.Cached("INSERT INTO lease_energy VALUES (?1, ?2, ?3, ?4) "
                           "ON CONFLICT DO UPDATE SET counted_uj = ?3, set_aside_uj = ?4"));
    WF_RETURN_IF_ERROR(upsert->Bind(1, lease.record.id.value)
                           .Bind(2, channel)
                           .Bind(3, sums.counted)
                           .Bind(4, sums.set_aside)
                           .Run());
  }
  lease.is_dirty = false;
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
