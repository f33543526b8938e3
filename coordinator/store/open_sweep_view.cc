#include "coordinator/store/open_sweep_view.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/status/status_macros.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/sqlite_schema.h"
#include "coordinator/store/sqlite_sweep_view.h"

namespace wattfleet::coordinator {

namespace {

// A folder of sweeps without its catalogue can still be read; agents then have no names.
absl::StatusOr<absl::flat_hash_map<AgentId, std::string>> AgentNames(const std::string& data_dir) {
  absl::flat_hash_map<AgentId, std::string> names;
  auto catalog = SqliteConnection::OpenReader(CatalogPath(data_dir));
  if (absl::IsNotFound(catalog.status())) {
    return names;
  }
  WF_RETURN_IF_ERROR(catalog.status());
  WF_RETURN_IF_ERROR(CheckSchema(**catalog, CatalogSchema()));
  WF_ASSIGN_OR_RETURN(SqliteStatement row, (*catalog)->Prepare("SELECT agent_id, name FROM agent"));
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    names[{row.Int(0)}] = std::string(row.Text(1));
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  return names;
}

}  // namespace

absl::StatusOr<std::vector<SweepRecord>> ListSweeps(const std::string& data_dir) {
  std::vector<SweepRecord> sweeps;
  WF_ASSIGN_OR_RETURN(const std::vector<SweepId> ids, SweepsWithFile(data_dir));
  for (const SweepId id : ids) {
    WF_ASSIGN_OR_RETURN(const auto connection,
                        SqliteConnection::OpenReader(SweepPath(data_dir, id)));
    const absl::Status schema = CheckSchema(*connection, SweepSchema());
    if (absl::IsNotFound(schema)) {
      continue;  // created this moment, or by a coordinator that died before its first commit
    }
    WF_RETURN_IF_ERROR(schema);
    WF_ASSIGN_OR_RETURN(std::optional<SweepRecord> sweep, ReadSweep(*connection));
    if (sweep.has_value()) {
      sweeps.push_back(*std::move(sweep));
    }
  }
  return sweeps;
}

absl::StatusOr<std::unique_ptr<SweepView>> OpenSweepView(const std::string& data_dir,
                                                         const std::string& sweep_name) {
  WF_ASSIGN_OR_RETURN(const std::vector<SweepRecord> sweeps, ListSweeps(data_dir));
  for (const SweepRecord& sweep : sweeps) {
    if (sweep.name == sweep_name) {
      WF_ASSIGN_OR_RETURN(auto names, AgentNames(data_dir));
      WF_ASSIGN_OR_RETURN(auto view,
                          SqliteSweepView::Open(SweepPath(data_dir, sweep.id), std::move(names)));
      return view;
    }
  }
  const std::string there = absl::StrJoin(
      sweeps, ", ", [](std::string* out, const SweepRecord& sweep) { out->append(sweep.name); });
  return absl::NotFoundError(absl::StrFormat("%s has no sweep %s; it has: %s", data_dir, sweep_name,
                                             there.empty() ? "none" : there));
}

}  // namespace wattfleet::coordinator
