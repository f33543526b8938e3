#include "coordinator/store/ingest_cursors.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {

std::uint64_t IngestCursors::At(AgentId agent, const SpoolId& spool) const {
  const Key key{agent, spool};
  if (const auto found = advanced_.find(key); found != advanced_.end()) {
    return found->second;
  }
  const auto found = committed_.find(key);
  return found == committed_.end() ? 0 : found->second;
}

void IngestCursors::Advance(AgentId agent, const SpoolId& spool, std::uint64_t seq) {
  if (seq > At(agent, spool)) {
    advanced_[{agent, spool}] = seq;
  }
}

absl::Status IngestCursors::Write(SqliteConnection& connection) const {
  for (const auto& [key, seq] : advanced_) {
    WF_ASSIGN_OR_RETURN(
        SqliteStatement * upsert,
        connection.Cached("INSERT INTO ingest_cursor VALUES (?1, ?2, ?3) "
                          "ON CONFLICT DO UPDATE SET last_seq = max(last_seq, ?3)"));
    const std::string_view spool(reinterpret_cast<const char*>(key.second.data()),
                                 key.second.size());
    WF_RETURN_IF_ERROR(upsert->Bind(1, key.first.value)
                           .BindBlob(2, spool)
                           .Bind(3, static_cast<std::int64_t>(seq))
                           .Run());
  }
  return absl::OkStatus();
}

void IngestCursors::Commit() {
  for (const auto& [key, seq] : advanced_) {
    std::uint64_t& committed = committed_[key];
    committed = std::max(committed, seq);
  }
  advanced_.clear();
}

std::vector<StoreSnapshot::Cursor> IngestCursors::All() const {
  std::vector<StoreSnapshot::Cursor> cursors;
  for (const auto& [key, seq] : committed_) {
    cursors.push_back({.agent = key.first, .spool = key.second, .seq = seq});
  }
  std::sort(cursors.begin(), cursors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.agent, a.spool) < std::tie(b.agent, b.spool);
  });
  return cursors;
}

void Consume(const ConsumeSeq& op, IngestCursors& cursors, Committed& committed) {
  cursors.Advance(op.agent, op.spool, op.seq);
  committed.cursors.push_back({.agent = op.agent,
                               .spool = op.spool,
                               .seq = cursors.At(op.agent, op.spool),
                               .wire_bytes = op.wire_bytes});
}

absl::Status InsertEvent(SqliteConnection& connection, const RecordEvent& event) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement * insert,
      connection.Cached("INSERT INTO event (at_unix_ms, kind, text) VALUES (?1, ?2, ?3)"));
  return insert->Bind(1, event.at_unix_ms).BindText(2, event.kind).BindText(3, event.text).Run();
}

}  // namespace wattfleet::coordinator
