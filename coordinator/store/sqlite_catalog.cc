#include "coordinator/store/sqlite_catalog.h"

#include <variant>

#include "absl/strings/str_format.h"

#include "common/random/random.h"
#include "common/status/status_macros.h"
#include "coordinator/store/sqlite_schema.h"

namespace wattfleet::coordinator {

absl::StatusOr<std::unique_ptr<SqliteCatalog>> SqliteCatalog::Open(const std::string& path,
                                                                   const SqliteLimits& limits,
                                                                   IngestCursors& cursors) {
  WF_ASSIGN_OR_RETURN(auto connection, SqliteConnection::OpenWriter(path, limits));
  WF_RETURN_IF_ERROR(PrepareSchema(*connection, CatalogSchema()));
  auto catalog = std::unique_ptr<SqliteCatalog>(new SqliteCatalog(std::move(connection), cursors));
  WF_RETURN_IF_ERROR(catalog->ReadOrMakeStoreId());
  WF_RETURN_IF_ERROR(catalog->ReadAgents());
  WF_RETURN_IF_ERROR(catalog->ReadSweepNames());
  return catalog;
}

absl::Status SqliteCatalog::ReadOrMakeStoreId() {
  WF_ASSIGN_OR_RETURN(SqliteStatement select, connection_->Prepare("SELECT store_id FROM store"));
  WF_ASSIGN_OR_RETURN(const bool has_row, select.Step());
  if (has_row) {
    store_id_ = std::string(select.Text(0));
    return absl::OkStatus();
  }
  select.Reset();
  Random random(SeedFromSystem());
  const std::string id = absl::StrFormat("%016x%016x", random.Next64(), SeedFromSystem());
  WF_ASSIGN_OR_RETURN(SqliteStatement insert,
                      connection_->Prepare("INSERT INTO store VALUES (1, ?1)"));
  WF_RETURN_IF_ERROR(insert.BindText(1, id).Run());
  store_id_ = id;
  return absl::OkStatus();
}

absl::Status SqliteCatalog::ReadAgents() {
  WF_ASSIGN_OR_RETURN(SqliteStatement row,
                      connection_->Prepare("SELECT agent_id, name FROM agent"));
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    agents_[std::string(row.Text(1))] = {row.Int(0)};
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  return absl::OkStatus();
}

absl::Status SqliteCatalog::ReadSweepNames() {
  WF_ASSIGN_OR_RETURN(SqliteStatement row,
                      connection_->Prepare("SELECT sweep_id, name FROM sweep"));
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    sweep_names_[{row.Int(0)}] = std::string(row.Text(1));
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  return absl::OkStatus();
}

absl::StatusOr<AgentId> SqliteCatalog::RegisterAgent(const std::string& name) {
  if (const auto found = agents_.find(name); found != agents_.end()) {
    return found->second;
  }
  WF_ASSIGN_OR_RETURN(
      SqliteStatement insert,
      connection_->Prepare("INSERT INTO agent (name) VALUES (?1) RETURNING agent_id"));
  WF_RETURN_IF_ERROR(insert.BindText(1, name).Step().status());
  const AgentId id{insert.Int(0)};
  WF_RETURN_IF_ERROR(insert.Step().status());
  agents_[name] = id;
  return id;
}

absl::Status SqliteCatalog::NoteSweep(SweepId id, const std::string& name) {
  if (const auto found = sweep_names_.find(id);
      found != sweep_names_.end() && found->second == name) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(SqliteStatement put,
                      connection_->Prepare("INSERT OR REPLACE INTO sweep VALUES (?1, ?2)"));
  WF_RETURN_IF_ERROR(put.Bind(1, id.value).BindText(2, name).Run());
  sweep_names_[id] = name;
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> SqliteCatalog::ReadHighestSweepId() {
  return connection_->Number("SELECT coalesce(max(sweep_id), 0) FROM sweep");
}

absl::StatusOr<std::vector<Committed>> SqliteCatalog::Apply(std::span<const StoreBatch> batches) {
  std::vector<Committed> committed(batches.size());
  if (absl::Status status = ApplyInTransaction(batches, committed); !status.ok()) {
    cursors_.Discard();
    return status;
  }
  cursors_.Commit();
  return committed;
}

absl::Status SqliteCatalog::ApplyInTransaction(std::span<const StoreBatch> batches,
                                               std::vector<Committed>& committed) {
  WF_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*connection_));
  for (std::size_t i = 0; i < batches.size(); ++i) {
    committed[i].batch_id = batches[i].id;
    for (const StoreOp& op : batches[i].ops) {
      if (const auto* consume = std::get_if<ConsumeSeq>(&op)) {
        Consume(*consume, cursors_, committed[i]);
      } else if (const auto* event = std::get_if<RecordEvent>(&op)) {
        WF_RETURN_IF_ERROR(InsertEvent(*connection_, *event));
      } else {
        return absl::InternalError("an op that needs a sweep is in a batch of none");
      }
    }
  }
  WF_RETURN_IF_ERROR(cursors_.Write(*connection_));
  return transaction.Commit();
}

}  // namespace wattfleet::coordinator
