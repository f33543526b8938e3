#include "coordinator/store/sqlite_store.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/sqlite_rows.h"

namespace wattfleet::coordinator {

namespace {

bool IsOver(SweepState state) {
  return state == SweepState::kCancelled || state == SweepState::kComplete ||
         state == SweepState::kCompleteWithGaps;
}

template <typename Visit>
absl::Status ForEachPutSweep(std::span<const StoreBatch> batches, Visit visit) {
  for (const StoreBatch& batch : batches) {
    for (const StoreOp& op : batch.ops) {
      if (const auto* put = std::get_if<PutSweep>(&op)) {
        WF_RETURN_IF_ERROR(visit(put->sweep));
      }
    }
  }
  return absl::OkStatus();
}

bool HasWalResetBug(int version) {  // as sqlite3_libversion_number() counts: 3.40.1 is 3040001
  const bool is_mended = version >= 3'051'003 || (version >= 3'050'007 && version < 3'051'000) ||
                         (version >= 3'044'006 && version < 3'045'000);
  return version >= 3'007'000 && !is_mended;
}

}  // namespace

std::string SqliteVersionNote() {
  return absl::StrCat(
      "SQLite ", sqlite3_libversion(),
      HasWalResetBug(sqlite3_libversion_number())
          ? " has the WAL-reset bug; safe here: one connection writes and checkpoints"
          : "");
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& data_dir,
                                                               const SqliteLimits& limits) {
  WF_ASSIGN_OR_RETURN(DataDirectoryLock lock, DataDirectoryLock::Acquire(data_dir));
  auto store = std::unique_ptr<SqliteStore>(new SqliteStore(data_dir, limits, std::move(lock)));
  WF_ASSIGN_OR_RETURN(store->catalog_,
                      SqliteCatalog::Open(CatalogPath(data_dir), limits, store->cursors_));
  WF_RETURN_IF_ERROR(store->ScanSweeps());
  return store;
}

absl::Status SqliteStore::ScanSweeps() {
  const auto take_cursors = [this](SqliteConnection& connection) -> absl::Status {
    WF_ASSIGN_OR_RETURN(const auto cursors, ReadCursors(connection));
    for (const StoreSnapshot::Cursor& cursor : cursors) {
      cursors_.Advance(cursor.agent, cursor.spool, cursor.seq);
    }
    cursors_.Commit();
    return absl::OkStatus();
  };
  WF_RETURN_IF_ERROR(take_cursors(catalog_->connection()));
  WF_ASSIGN_OR_RETURN(const std::vector<SweepId> ids, SweepsWithFile(data_dir_));
  for (const SweepId id : ids) {
    WF_ASSIGN_OR_RETURN(SqliteSweep * sweep, Sweep(id));
    WF_RETURN_IF_ERROR(take_cursors(sweep->connection()));
    WF_ASSIGN_OR_RETURN(const auto record, ReadSweep(sweep->connection()));
    if (record.has_value()) {
      names_[record->name] = id;
      WF_RETURN_IF_ERROR(catalog_->NoteSweep(id, record->name));
    }
    if (!record.has_value() || IsOver(record->state)) {
      sweeps_.erase(id);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SqliteSweep*> SqliteStore::Sweep(SweepId id) {
  std::unique_ptr<SqliteSweep>& sweep = sweeps_[id];
  if (sweep == nullptr) {
    auto opened = SqliteSweep::Open(SweepPath(data_dir_, id), id, limits_, cursors_);
    if (!opened.ok()) {
      sweeps_.erase(id);
      return opened.status();
    }
    sweep = *std::move(opened);
  }
  return sweep.get();
}

absl::Status SqliteStore::CheckNames(std::span<const StoreBatch> batches) const {
  return ForEachPutSweep(batches, [this](const SweepRecord& record) {
    const auto found = names_.find(record.name);
    return found == names_.end() || found->second == record.id
               ? absl::OkStatus()
               : absl::InternalError(absl::StrFormat("sweep name %s is taken by sweep %d",
                                                     record.name, found->second.value));
  });
}

// The sweep's file is the truth: where the catalogue cannot be written now, the next start mends
// it.
void SqliteStore::NoteSweeps(std::span<const StoreBatch> batches) {
  (void)ForEachPutSweep(batches, [this](const SweepRecord& record) {
    names_[record.name] = record.id;
    if (IsOver(record.state)) {
      over_.insert(record.id);
    } else {
      over_.erase(record.id);
    }
    return catalog_->NoteSweep(record.id, record.name);
  });
}

absl::StatusOr<std::vector<Committed>> SqliteStore::Apply(std::span<const StoreBatch> batches) {
  if (batches.empty()) {
    return std::vector<Committed>();
  }
  WF_RETURN_IF_ERROR(std::exchange(checkpoint_status_, absl::OkStatus()));
  const SweepId id = batches.front().sweep;
  for (const StoreBatch& batch : batches) {
    if (batch.sweep != id) {
      return absl::InternalError(
          absl::StrFormat("sweeps %d and %d in one transaction", id.value, batch.sweep.value));
    }
  }
  if (!id) {
    return catalog_->Apply(batches);
  }
  WF_RETURN_IF_ERROR(CheckNames(batches));
  WF_ASSIGN_OR_RETURN(SqliteSweep * sweep, Sweep(id));
  absl::StatusOr<std::vector<Committed>> committed = sweep->Apply(batches);
  if (committed.ok()) {
    NoteSweeps(batches);
    checkpoint_status_ = sweep->connection().CheckpointIfLong();
  }
  return committed;
}

absl::StatusOr<StoreSnapshot> SqliteStore::Load() {
  StoreSnapshot snapshot{.store_id = catalog_->store_id(), .cursors = cursors_.All()};
  for (const auto& [name, id] : catalog_->agents()) {
    snapshot.agents.push_back({.id = id, .name = name});
  }
  std::sort(snapshot.agents.begin(), snapshot.agents.end(),
            [](const AgentRecord& a, const AgentRecord& b) { return a.id < b.id; });
  WF_ASSIGN_OR_RETURN(snapshot.max_sweep_id, catalog_->ReadHighestSweepId());
  WF_ASSIGN_OR_RETURN(const std::vector<SweepId> ids, SweepsWithFile(data_dir_));
  for (const SweepId id : ids) {
    WF_ASSIGN_OR_RETURN(SqliteSweep * sweep, Sweep(id));
    WF_ASSIGN_OR_RETURN(std::optional<SweepSnapshot> loaded, sweep->Load());
    WF_ASSIGN_OR_RETURN(const SqliteSweep::HighestIds highest, sweep->ReadHighestIds());
    snapshot.max_sweep_id = std::max(snapshot.max_sweep_id, id.value);
    snapshot.max_pair_id = std::max(snapshot.max_pair_id, highest.pair);
    snapshot.max_shard_id = std::max(snapshot.max_shard_id, highest.shard);
    snapshot.max_lease_id = std::max(snapshot.max_lease_id, highest.lease);
    if (!loaded.has_value() || IsOver(loaded->sweep.state)) {
      sweeps_.erase(id);
    }
    if (loaded.has_value()) {
      snapshot.sweeps.push_back(*std::move(loaded));
    }
  }
  return snapshot;
}

absl::StatusOr<AgentId> SqliteStore::RegisterAgent(const std::string& name) {
  return catalog_->RegisterAgent(name);
}

absl::Status SqliteStore::Idle() {
  WF_RETURN_IF_ERROR(std::exchange(checkpoint_status_, absl::OkStatus()));
  WF_RETURN_IF_ERROR(catalog_->connection().CheckpointAndTruncate());
  for (const auto& [id, sweep] : sweeps_) {
    WF_RETURN_IF_ERROR(sweep->connection().CheckpointAndTruncate());
  }
  for (const SweepId id : over_) {
    sweeps_.erase(id);
  }
  over_.clear();
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
