#ifndef WF_COORDINATOR_STORE_SQLITE_STORE_H_
#define WF_COORDINATOR_STORE_SQLITE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/store/data_directory.h"
#include "coordinator/store/ingest_cursors.h"
#include "coordinator/store/sqlite_catalog.h"
#include "coordinator/store/sqlite_sweep.h"
#include "coordinator/store/store.h"

namespace wattfleet::coordinator {

// Which SQLite this is, for the log; and, for versions that can corrupt a file when two connections
// write or checkpoint it at once (the WAL-reset bug, mended in 3.44.6, 3.50.7 and 3.51.3), that one
// connection does both here.
std::string SqliteVersionNote();

// The store in a data directory: catalog.db and one sweep-<id>.db per sweep, each with one
// connection that writes and checkpoints. Holds the directory's lock as long as it lives.
//
// A transaction is durable when Apply() returns (write-ahead log, synchronous=FULL). The sweeps'
// files have the truth; the catalogue's list of them is mended from the files at every start.
class SqliteStore final : public Store {
 public:
  // Creates what is missing. FAILED_PRECONDITION when another process holds the directory or a
  // newer wattfleet wrote a file of it; INVALID_ARGUMENT when a file is not ours; DATA_LOSS when
  // one is corrupt. Each names the file.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& data_dir,
                                                           const SqliteLimits& limits = {});

  absl::StatusOr<std::vector<Committed>> Apply(std::span<const StoreBatch> batches) override;
  absl::StatusOr<StoreSnapshot> Load() override;
  absl::StatusOr<AgentId> RegisterAgent(const std::string& name) override;
  absl::Status Idle() override;

 private:
  SqliteStore(std::string data_dir, const SqliteLimits& limits, DataDirectoryLock lock)
      : data_dir_(std::move(data_dir)), limits_(limits), lock_(std::move(lock)) {}

  absl::Status ScanSweeps();
  absl::StatusOr<SqliteSweep*> Sweep(SweepId id);
  absl::Status CheckNames(std::span<const StoreBatch> batches) const;
  void NoteSweeps(std::span<const StoreBatch> batches);

  std::string data_dir_;
  SqliteLimits limits_;
  DataDirectoryLock lock_;
  IngestCursors cursors_;
  std::unique_ptr<SqliteCatalog> catalog_;
  std::map<SweepId, std::unique_ptr<SqliteSweep>> sweeps_;  // those open
  std::map<std::string, SweepId> names_;
  std::set<SweepId> over_;          // of those open: closed when there is time
  absl::Status checkpoint_status_;  // of checkpoints after a commit: reported by the next call
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_STORE_H_
