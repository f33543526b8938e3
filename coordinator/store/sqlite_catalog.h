#ifndef WF_COORDINATOR_STORE_SQLITE_CATALOG_H_
#define WF_COORDINATOR_STORE_SQLITE_CATALOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/store/ingest_cursors.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"

namespace wattfleet::coordinator {

// The writer's side of catalog.db. Writer's thread.
class SqliteCatalog {
 public:
  // Creates the file where needed, with a new store id. `cursors` outlives it.
  static absl::StatusOr<std::unique_ptr<SqliteCatalog>> Open(const std::string& path,
                                                             const SqliteLimits& limits,
                                                             IngestCursors& cursors);

  absl::StatusOr<AgentId> RegisterAgent(const std::string& name);
  // Notes the name of a sweep; no-op when it is noted already.
  absl::Status NoteSweep(SweepId id, const std::string& name);
  // Batches of no sweep. See Store::Apply().
  absl::StatusOr<std::vector<Committed>> Apply(std::span<const StoreBatch> batches);

  const std::string& store_id() const { return store_id_; }
  const std::map<std::string, AgentId>& agents() const { return agents_; }
  absl::StatusOr<std::int64_t> ReadHighestSweepId();
  SqliteConnection& connection() { return *connection_; }

 private:
  SqliteCatalog(std::unique_ptr<SqliteConnection> connection, IngestCursors& cursors)
      : connection_(std::move(connection)), cursors_(cursors) {}
  absl::Status ReadOrMakeStoreId();
  absl::Status ReadAgents();
  absl::Status ReadSweepNames();
  absl::Status ApplyInTransaction(std::span<const StoreBatch> batches,
                                  std::vector<Committed>& committed);

  std::unique_ptr<SqliteConnection> connection_;
  IngestCursors& cursors_;
  std::string store_id_;
  std::map<std::string, AgentId> agents_;
  std::map<SweepId, std::string> sweep_names_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_CATALOG_H_
