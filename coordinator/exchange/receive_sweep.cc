#include "coordinator/exchange/receive_sweep.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/fsck.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/store/sweep_copy.h"
#include "coordinator/workload/durable_file.h"
#include "coordinator/workload/workload_copy.h"

namespace wattfleet::coordinator {
namespace {

namespace fs = std::filesystem;

class Receiver {
 public:
  Receiver(std::string data_directory, SqliteStore& store, StoreSnapshot snapshot)
      : data_directory_(std::move(data_directory)), store_(store), snapshot_(std::move(snapshot)) {}

  absl::StatusOr<ImportedSweep> Receive(const std::string& name,
                                        const std::vector<SweepSource>& sources,
                                        const ScratchFolder& scratch) {
    ImportedSweep imported{.name = name};
    for (const SweepSnapshot& sweep : snapshot_.sweeps) {
      if (sweep.sweep.name == imported.name) {
        return absl::AlreadyExistsError(absl::StrFormat(
            "sweep %s is there already; give this one another name with --name", imported.name));
      }
    }
    const SweepId id{snapshot_.max_sweep_id + 1};
    // In a directory of its own: its check reads every sweep that lies there.
    const std::string directory = scratch.path() + "/all";
    std::error_code error;
    fs::create_directory(directory, error);
    const std::string target = SweepPath(directory, id);
    for (const SweepSource& source : sources) {
      WF_RETURN_IF_ERROR(Annotate(Add(source, id, imported.name, target), source.shown_as));
      imported.labs.push_back(source.from);
    }
    WF_RETURN_IF_ERROR(Count(directory, imported));
    for (const SweepSource& source : sources) {
      if (!source.workload_path.empty()) {
        WF_RETURN_IF_ERROR(
            ReceiveWorkload(source.workload_path, data_directory_, source.workload_name).status());
      }
    }
    WF_RETURN_IF_ERROR(SyncFile(target));
    fs::rename(target, SweepPath(data_directory_, id), error);
    if (error) {
      return FileError(error.value(), "cannot write " + data_directory_);
    }
    WF_RETURN_IF_ERROR(SyncFile(data_directory_));
    return imported;
  }

 private:
  absl::Status Add(const SweepSource& source, SweepId id, const std::string& name,
                   const std::string& target) {
    std::map<std::int64_t, std::int64_t> agents;
    for (const auto& [theirs, agent] : source.agents) {
      WF_ASSIGN_OR_RETURN(const AgentId ours, store_.RegisterAgent(agent));
      agents[theirs] = ours.value;
    }
    WF_ASSIGN_OR_RETURN(const AgentId unknown,
                        store_.RegisterAgent(absl::StrCat(source.from, "/agent-unnamed")));
    std::error_code error;
    std::int64_t row_offset = 0;
    if (fs::exists(target, error)) {
      WF_ASSIGN_OR_RETURN(row_offset, HighestRowId(target));
    }
    WF_RETURN_IF_ERROR(CopySweepFile(source.sweep_path, target,
                                     {.id = id,
                                      .name = name,
                                      .pair_offset = snapshot_.max_pair_id,
                                      .shard_offset = snapshot_.max_shard_id,
                                      .lease_offset = snapshot_.max_lease_id,
                                      .row_offset = row_offset,
                                      .agent =
                                          [&](std::int64_t agent) {
                                            const auto ours = agents.find(agent);
                                            return ours == agents.end() ? unknown.value
                                                                        : ours->second;
                                          },
                                      .text = {},
                                      .end_work = true}));
    WF_ASSIGN_OR_RETURN(const HighestIds highest, HighestIdsOf(target));
    snapshot_.max_pair_id = std::max(snapshot_.max_pair_id, highest.pair);
    snapshot_.max_shard_id = std::max(snapshot_.max_shard_id, highest.shard);
    snapshot_.max_lease_id = std::max(snapshot_.max_lease_id, highest.lease);
    return absl::OkStatus();
  }

  static absl::Status Count(const std::string& directory, ImportedSweep& imported) {
    WF_ASSIGN_OR_RETURN(const auto violations, RunFsck(directory));
    if (!violations.empty()) {
      return absl::InvalidArgumentError(violations.front().text);
    }
    WF_ASSIGN_OR_RETURN(const auto view, OpenSweepView(directory, imported.name));
    imported.workload_id = view->sweep().workload_id;
    WF_ASSIGN_OR_RETURN(const auto pairs, view->Pairs());
    imported.pairs = static_cast<std::int64_t>(pairs.size());
    for (const PairSnapshot& pair : pairs) {
      imported.results += pair.completed + pair.failed;
    }
    return absl::OkStatus();
  }

  const std::string data_directory_;
  SqliteStore& store_;
  StoreSnapshot snapshot_;
};

}  // namespace

absl::StatusOr<ScratchFolder> ScratchBeside(const std::string& data_directory) {
  std::error_code error;
  if (fs::is_directory(data_directory, error)) {
    return ScratchFolder::Create(data_directory);
  }
  fs::path absolute = fs::absolute(data_directory);
  if (!absolute.has_filename()) {  // "data/"
    absolute = absolute.parent_path();
  }
  return ScratchFolder::Create(absolute.parent_path().string());
}

absl::StatusOr<ImportedSweep> ReceiveSweep(const std::string& data_directory,
                                           const std::string& name,
                                           const std::vector<SweepSource>& sources,
                                           const ScratchFolder& scratch) {
  WF_ASSIGN_OR_RETURN(const auto store, SqliteStore::Open(data_directory));
  WF_ASSIGN_OR_RETURN(StoreSnapshot snapshot, store->Load());
  return Receiver(data_directory, *store, std::move(snapshot)).Receive(name, sources, scratch);
}

}  // namespace wattfleet::coordinator
