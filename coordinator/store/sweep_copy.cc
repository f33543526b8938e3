#include "coordinator/store/sweep_copy.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <xxhash.h>

#include "common/domain/result.h"
#include "common/status/status_macros.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/pair_json.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_schema.h"

namespace wattfleet::coordinator {
namespace {

constexpr int kUnitBits = 40;  // of response_key

// Parents before children; `sweep` and `sample` go first, and only into a new file.
constexpr std::array kTables = {
    "pair",     "shard",      "lease",  "lease_energy",  "environment",  "pair_environment",
    "channel",  "grader",     "result", "result_energy", "reattributed", "trace",
    "response", "result_dup", "ledger", "verdict",       "regraded",     "quarantine",
    "failure",  "event"};

enum class ColumnType { kInteger, kReal, kText, kBlob };

struct Column {
  std::string name;
  ColumnType type = ColumnType::kInteger;
};

// One value of a row on its way.
struct Value {
  bool is_null = false;
  std::int64_t integer = 0;
  std::optional<double> real;
  std::string bytes;
};

absl::StatusOr<std::vector<Column>> ColumnsOf(SqliteConnection& connection,
                                              const std::string& table) {
  WF_ASSIGN_OR_RETURN(SqliteStatement rows,
                      connection.Prepare(absl::StrCat("PRAGMA table_info(", table, ")")));
  static const auto& types =
      *new std::map<std::string, ColumnType>{{"INTEGER", ColumnType::kInteger},
                                             {"REAL", ColumnType::kReal},
                                             {"TEXT", ColumnType::kText},
                                             {"BLOB", ColumnType::kBlob}};
  std::vector<Column> columns;
  WF_ASSIGN_OR_RETURN(bool more, rows.Step());
  while (more) {
    columns.push_back({std::string(rows.Text(1)), types.at(std::string(rows.Text(2)))});
    WF_ASSIGN_OR_RETURN(more, rows.Step());
  }
  return columns;
}

std::optional<SweepText> KindOf(std::string_view table, std::string_view column) {
  static const auto& kinds =
      *new std::map<std::pair<std::string_view, std::string_view>, SweepText>{
          {{"sweep", "reason"}, SweepText::kMessage},
          {{"sweep", "resolved"}, SweepText::kResolved},
          {{"pair", "spec"}, SweepText::kSpec},
          {{"pair", "reason"}, SweepText::kMessage},
          {{"lease", "instance"}, SweepText::kInstance},
          {{"lease", "reason"}, SweepText::kMessage},
          {{"lease", "ledger_refused"}, SweepText::kMessage},
          {{"environment", "instance"}, SweepText::kInstance},
          {{"environment", "facts"}, SweepText::kFacts},
          {{"channel", "name"}, SweepText::kChannelName},
          {{"channel", "facts"}, SweepText::kFacts},
          {{"trace", "bytes"}, SweepText::kTrace},
          {{"verdict", "extracted"}, SweepText::kExtracted},
          {{"regraded", "extracted"}, SweepText::kExtracted},
          {{"quarantine", "reason"}, SweepText::kMessage},
          {{"failure", "message"}, SweepText::kMessage},
          {{"event", "text"}, SweepText::kMessage}};
  const auto kind = kinds.find({table, column});
  return kind == kinds.end() ? std::nullopt : std::optional(kind->second);
}

// What an open state of that table ends as.
std::int64_t EndedState(std::string_view table, std::int64_t state) {
  if (table == "sweep") {
    const auto is_over = [&](SweepState over) { return state == static_cast<std::int64_t>(over); };
    return is_over(SweepState::kComplete) || is_over(SweepState::kCompleteWithGaps)
               ? state
               : static_cast<std::int64_t>(SweepState::kCancelled);
  }
  if (table == "pair") {
    const bool is_open = state <= static_cast<std::int64_t>(PairState::kBlocked);
    return is_open ? static_cast<std::int64_t>(PairState::kCancelled) : state;
  }
  if (table == "shard") {
    const bool is_open = state <= static_cast<std::int64_t>(ShardState::kLeased);
    return is_open ? static_cast<std::int64_t>(ShardState::kCancelled) : state;
  }
  const bool is_open = state <= static_cast<std::int64_t>(LeaseState::kActive);
  return table == "lease" && is_open ? static_cast<std::int64_t>(LeaseState::kRevoked) : state;
}

class Copier {
 public:
  Copier(SqliteConnection& source, SqliteConnection& target, const SweepRewrite& rewrite)
      : source_(source), target_(target), rewrite_(rewrite) {}

  absl::Status CopyAll() {
    WF_ASSIGN_OR_RETURN(const std::int64_t sweeps, target_.Number("SELECT count(*) FROM sweep"));
    if (sweeps == 0) {
      WF_RETURN_IF_ERROR(Copy("sweep"));
      WF_RETURN_IF_ERROR(Copy("sample"));
    } else {
      WF_RETURN_IF_ERROR(CheckSame());
    }
    for (const std::string table : kTables) {
      if (table == "response" && !rewrite_.with_responses) {
        continue;
      }
      WF_RETURN_IF_ERROR(table == "trace" && rewrite_.text ? CopyTraces() : Copy(table));
    }
    return absl::OkStatus();
  }

 private:
  // All rows of a query as lines of text.
  static absl::StatusOr<std::vector<std::string>> Lines(SqliteConnection& connection,
                                                        const std::string& sql) {
    WF_ASSIGN_OR_RETURN(SqliteStatement rows, connection.Prepare(sql));
    std::vector<std::string> lines;
    WF_ASSIGN_OR_RETURN(bool more, rows.Step());
    while (more) {
      lines.emplace_back(rows.Text(0));
      WF_ASSIGN_OR_RETURN(more, rows.Step());
    }
    return lines;
  }

  // That both sweeps ask the same queries and are graded alike, and share no pair.
  absl::Status CheckSame() {
    const std::vector<std::pair<std::string, std::string>> same = {
        {"workloads", "SELECT workload_id FROM sweep"},
        {"samples", "SELECT q FROM sample ORDER BY position"},
        {"graders", "SELECT name || ' ' || version FROM grader ORDER BY grader_id"}};
    for (const auto& [what, sql] : same) {
      WF_ASSIGN_OR_RETURN(const auto theirs, Lines(source_, sql));
      WF_ASSIGN_OR_RETURN(const auto ours, Lines(target_, sql));
      if (theirs != ours) {
        const bool is_short = std::max(theirs.size(), ours.size()) <= 4;
        return absl::FailedPreconditionError(
            is_short ? absl::StrFormat("the %s differ: %s and %s", what, absl::StrJoin(ours, ", "),
                                       absl::StrJoin(theirs, ", "))
                     : absl::StrFormat("the %s differ: %d and %d queries", what, ours.size(),
                                       theirs.size()));
      }
    }
    WF_ASSIGN_OR_RETURN(const auto names, Lines(source_, "SELECT name FROM pair"));
    WF_ASSIGN_OR_RETURN(const auto ours, Lines(target_, "SELECT name FROM pair"));
    for (const std::string& name : names) {
      if (std::find(ours.begin(), ours.end(), name) != ours.end()) {
        return absl::FailedPreconditionError(
            absl::StrFormat("both have the pair %s: import them as sweeps of their own", name));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Copy(const std::string& table) {
    WF_ASSIGN_OR_RETURN(const std::vector<Column> columns, ColumnsOf(target_, table));
    std::vector<std::string> names;
    std::vector<std::string> places;
    for (const Column& column : columns) {
      names.push_back(column.name);
      places.push_back("?");
    }
    const std::string list = absl::StrJoin(names, ", ");
    WF_ASSIGN_OR_RETURN(SqliteStatement rows,
                        source_.Prepare(absl::StrCat("SELECT ", list, " FROM ", table)));
    const char* verb = table == "grader" ? "INSERT OR IGNORE INTO " : "INSERT INTO ";
    WF_ASSIGN_OR_RETURN(SqliteStatement insert,
                        target_.Prepare(absl::StrCat(verb, table, " (", list, ") VALUES (",
                                                     absl::StrJoin(places, ", "), ")")));
    std::vector<Value> values(columns.size());
    WF_ASSIGN_OR_RETURN(bool more, rows.Step());
    while (more) {
      Read(rows, columns, values);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        Rewrite(table, columns[i].name, values[i]);
      }
      Redigest(columns, values);
      WF_RETURN_IF_ERROR(Insert(insert, columns, values));
      WF_ASSIGN_OR_RETURN(more, rows.Step());
    }
    return absl::OkStatus();
  }

  // A lease's trace is one text in several parts; one of which a part is missing stays behind.
  absl::Status CopyTraces() {
    WF_ASSIGN_OR_RETURN(
        SqliteStatement rows,
        source_.Prepare("SELECT lease_id, parts, bytes, part + 1 = parts FROM trace AS t WHERE "
                        "parts = (SELECT count(*) FROM trace AS s WHERE s.lease_id = t.lease_id) "
                        "ORDER BY lease_id, part"));
    std::string whole;
    WF_ASSIGN_OR_RETURN(bool more, rows.Step());
    while (more) {
      whole.append(rows.Blob(2));
      if (rows.Int(3) != 0) {
        WF_RETURN_IF_ERROR(InsertTrace(rows.Int(0) + rewrite_.lease_offset,
                                       rewrite_.text(SweepText::kTrace, whole)));
        whole.clear();
      }
      WF_ASSIGN_OR_RETURN(more, rows.Step());
    }
    return absl::OkStatus();
  }

  absl::Status InsertTrace(std::int64_t lease, std::string_view bytes) {
    WF_ASSIGN_OR_RETURN(SqliteStatement insert,
                        target_.Prepare("INSERT INTO trace VALUES (?, ?, ?, ?)"));
    const std::size_t parts =
        std::max<std::size_t>(1, (bytes.size() + kTracePartBytesMax - 1) / kTracePartBytesMax);
    for (std::size_t part = 0; part < parts; ++part) {
      WF_RETURN_IF_ERROR(
          insert.Bind(1, lease)
              .Bind(2, static_cast<std::int64_t>(part))
              .Bind(3, static_cast<std::int64_t>(parts))
              .BindBlob(4, bytes.substr(part * kTracePartBytesMax, kTracePartBytesMax))
              .Run());
    }
    return absl::OkStatus();
  }

  static void Read(const SqliteStatement& rows, const std::vector<Column>& columns,
                   std::vector<Value>& values) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const int at = static_cast<int>(i);
      Value& value = values[i];
      value.is_null = rows.IsNull(at);
      if (value.is_null) {
        continue;
      }
      switch (columns[i].type) {
        case ColumnType::kInteger:
          value.integer = rows.Int(at);
          break;
        case ColumnType::kReal:
          value.real = rows.OptionalReal(at);
          break;
        case ColumnType::kText:
          value.bytes = std::string(rows.Text(at));
          break;
        case ColumnType::kBlob:
          value.bytes = std::string(rows.Blob(at));
          break;
      }
    }
  }

  static absl::Status Insert(SqliteStatement& insert, const std::vector<Column>& columns,
                             const std::vector<Value>& values) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      const Value& value = values[i];
      if (value.is_null) {
        insert.Bind(at, std::optional<std::int64_t>());
      } else if (columns[i].type == ColumnType::kInteger) {
        insert.Bind(at, value.integer);
      } else if (columns[i].type == ColumnType::kReal) {
        insert.Bind(at, value.real);
      } else if (columns[i].type == ColumnType::kText) {
        insert.BindText(at, value.bytes);
      } else {
        insert.BindBlob(at, value.bytes);
      }
    }
    return insert.Run();
  }

  void Rewrite(const std::string& table, const std::string& column, Value& value) const {
    if (value.is_null) {
      return;
    }
    if (column == "pair_id") {
      value.integer += rewrite_.pair_offset;
    } else if (column == "shard_id" || column == "parent_id") {
      value.integer += rewrite_.shard_offset;
    } else if (column == "lease_id") {
      value.integer += rewrite_.lease_offset;
    } else if (column == "environment_id" || column == "channel_id" || column == "failure_id" ||
               column == "event_id") {
      value.integer += rewrite_.row_offset;
    } else if (column == "response_key") {
      value.integer += rewrite_.pair_offset << kUnitBits;
    } else if (column == "agent_id") {
      value.integer = rewrite_.agent ? rewrite_.agent(value.integer) : value.integer;
    } else if (column == "state" && rewrite_.end_work) {
      value.integer = EndedState(table, value.integer);
    } else if (table == "sweep" && column == "sweep_id") {
      value.integer = rewrite_.id ? rewrite_.id->value : value.integer;
    } else if (table == "sweep" && column == "name") {
      value.bytes = rewrite_.name.value_or(value.bytes);
    } else if (table == "pair" && column == "spec" && rewrite_.pair_offset != 0) {
      value.bytes = MoveSubject(std::move(value.bytes));
    } else if (const auto kind = KindOf(table, column); kind && rewrite_.text) {
      value.bytes = rewrite_.text(*kind, value.bytes);
    }
  }

  // A judge pair's spec names the pair that it judges.
  std::string MoveSubject(std::string spec) const {
    const auto pair = PairSpecFromJson(spec);
    auto judge = JudgeTaskFromJson(spec);
    if (!pair.ok() || !judge.ok() || !judge->has_value()) {
      return spec;
    }
    (*judge)->subject.value += rewrite_.pair_offset;
    return PairSpecToJson(*pair, *judge);
  }

  // A digest only tells rows apart: it is made anew of what a row says now.
  static void Redigest(const std::vector<Column>& columns, std::vector<Value>& values) {
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [](const Column& column) { return column.name == "digest"; });
    if (at == columns.end()) {
      return;
    }
    std::string row;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name != "digest") {
        absl::StrAppend(&row, values[i].integer, ":", values[i].bytes.size(), ":", values[i].bytes);
      }
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(row.data(), row.size()));
    values[static_cast<std::size_t>(at - columns.begin())].bytes.assign(
        reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest));
  }

  SqliteConnection& source_;
  SqliteConnection& target_;
  const SweepRewrite& rewrite_;
};

// Without a log beside it.
absl::Status MakeOneFile(SqliteConnection& connection) {
  WF_RETURN_IF_ERROR(connection.CheckpointAndTruncate());
  WF_ASSIGN_OR_RETURN(SqliteStatement journal, connection.Prepare("PRAGMA journal_mode=DELETE"));
  return journal.Step().status();
}

}  // namespace

absl::Status CopySweepFile(const std::string& source, const std::string& target,
                           const SweepRewrite& rewrite) {
  WF_ASSIGN_OR_RETURN(const auto from, SqliteConnection::OpenReader(source));
  WF_RETURN_IF_ERROR(CheckSchema(*from, SweepSchema()));
  WF_RETURN_IF_ERROR(from->Execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; BEGIN"));
  WF_ASSIGN_OR_RETURN(const auto to, SqliteConnection::OpenWriter(target, {}));
  WF_RETURN_IF_ERROR(PrepareSchema(*to, SweepSchema()));
  {
    WF_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*to));
    const absl::Status copied = Copier(*from, *to, rewrite).CopyAll();
    if (absl::IsInternal(copied) || absl::IsDataLoss(copied)) {
      return absl::InvalidArgumentError(copied.message());
    }
    WF_RETURN_IF_ERROR(copied);
    WF_RETURN_IF_ERROR(transaction.Commit());
  }
  return MakeOneFile(*to);
}

absl::Status UpdateSweepFile(const std::string& path) {
  WF_ASSIGN_OR_RETURN(const auto connection, SqliteConnection::OpenWriter(path, {}));
  WF_RETURN_IF_ERROR(connection->Execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON"));
  WF_RETURN_IF_ERROR(PrepareSchema(*connection, SweepSchema()));
  return MakeOneFile(*connection);
}

absl::StatusOr<HighestIds> HighestIdsOf(const std::string& sweep_path) {
  WF_ASSIGN_OR_RETURN(const auto connection, SqliteConnection::OpenReader(sweep_path));
  HighestIds ids;
  WF_ASSIGN_OR_RETURN(ids.pair, connection->Number("SELECT coalesce(max(pair_id), 0) FROM pair"));
  WF_ASSIGN_OR_RETURN(ids.shard,
                      connection->Number("SELECT coalesce(max(shard_id), 0) FROM shard"));
  WF_ASSIGN_OR_RETURN(ids.lease,
                      connection->Number("SELECT coalesce(max(lease_id), 0) FROM lease"));
  return ids;
}

absl::StatusOr<std::int64_t> HighestRowId(const std::string& sweep_path) {
  WF_ASSIGN_OR_RETURN(const auto connection, SqliteConnection::OpenReader(sweep_path));
  return connection->Number(
      "SELECT max(coalesce((SELECT max(environment_id) FROM environment), 0), "
      "coalesce((SELECT max(channel_id) FROM channel), 0), "
      "coalesce((SELECT max(failure_id) FROM failure), 0), "
      "coalesce((SELECT max(event_id) FROM event), 0))");
}

absl::StatusOr<std::string> ReadStoreId(const std::string& data_dir) {
  WF_ASSIGN_OR_RETURN(const auto catalog, SqliteConnection::OpenReader(CatalogPath(data_dir)));
  WF_RETURN_IF_ERROR(CheckSchema(*catalog, CatalogSchema()));
  WF_ASSIGN_OR_RETURN(SqliteStatement row, catalog->Prepare("SELECT store_id FROM store"));
  WF_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? absl::StatusOr<std::string>(std::string(row.Text(0)))
               : absl::NotFoundError(absl::StrFormat("%s has no store id", data_dir));
}

}  // namespace wattfleet::coordinator
