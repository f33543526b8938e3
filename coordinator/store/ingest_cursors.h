#ifndef WF_COORDINATOR_STORE_INGEST_CURSORS_H_
#define WF_COORDINATOR_STORE_INGEST_CURSORS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"

namespace wattfleet::coordinator {

// How far each spool has come, over all files of a data directory: a spool's frames are numbered
// across sweeps, while each cursor row lies in the file of the batch that moved it, so that it
// commits with that batch's rows. The highest row counts.
class IngestCursors {
 public:
  // 0 when nothing came yet.
  std::uint64_t At(AgentId agent, const SpoolId& spool) const;
  // Never back. Undone unless Write() and Commit() follow.
  void Advance(AgentId agent, const SpoolId& spool, std::uint64_t seq);

  // Writes what advanced to the file whose transaction is open.
  absl::Status Write(SqliteConnection& connection) const;
  void Commit();
  void Discard() { advanced_.clear(); }

  std::vector<StoreSnapshot::Cursor> All() const;

 private:
  using Key = std::pair<AgentId, SpoolId>;
  absl::flat_hash_map<Key, std::uint64_t> committed_;
  absl::flat_hash_map<Key, std::uint64_t> advanced_;
};

// The op that needs nothing but a cursor, and the event row: alike in every file.
void Consume(const ConsumeSeq& op, IngestCursors& cursors, Committed& committed);
absl::Status InsertEvent(SqliteConnection& connection, const RecordEvent& event);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_INGEST_CURSORS_H_
