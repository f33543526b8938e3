#ifndef WF_COORDINATOR_STORE_SQLITE_H_
#define WF_COORDINATOR_STORE_SQLITE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <sqlite3.h>

namespace wattfleet::coordinator {

// Owning types over SQLite's C interface. One thread at a time for a connection and its statements.
// Every error names the file and is RESOURCE_EXHAUSTED (disk full), UNAVAILABLE (I/O, locked),
// DATA_LOSS (corrupt, not a database) or INTERNAL (a constraint, or our own bug).

// A prepared statement. Bound text and blobs must live until the statement is reset.
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  // Parameters are numbered from 1; nothing bound is NULL. Chained: s.Bind(1, a).Bind(2, b).
  SqliteStatement& Bind(int at, std::int64_t value);
  SqliteStatement& Bind(int at, std::optional<std::int64_t> value);
  SqliteStatement& Bind(int at, std::optional<double> value);
  SqliteStatement& BindText(int at, std::string_view text);
  SqliteStatement& BindBlob(int at, std::string_view bytes);

  // Moves to the next row; false after the last one.
  absl::StatusOr<bool> Step();
  // Runs a statement that has no rows, and resets it.
  absl::Status Run();
  // Ready to be bound and run again.
  void Reset();

  // Columns of the current row, from 0. Views live until the next Step() or Reset().
  std::int64_t Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::optional<std::int64_t> OptionalInt(int column) const;
  std::optional<double> OptionalReal(int column) const {
    return IsNull(column) ? std::nullopt
                          : std::optional(sqlite3_column_double(statement_.get(), column));
  }
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;
  bool IsNull(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  int column_count() const { return sqlite3_column_count(statement_.get()); }
  std::string column_name(int column) const {
    return sqlite3_column_name(statement_.get(), column);
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

struct SqliteLimits {
  std::optional<std::int64_t> max_pages;           // the file then counts as a full disk
  std::int64_t checkpoint_wal_bytes = 32LL << 20;  // a commit that leaves a longer log checkpoints
};

// A connection to one database file.
class SqliteConnection {
 public:
  // The file's only writer, which also is the only one to checkpoint; creates the file. The caller
  // makes sure that there is no second one in any process (DataDirectoryLock).
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenWriter(const std::string& path,
                                                                      const SqliteLimits& limits);
  // Works beside a writer and without one, and can neither write nor checkpoint. NOT_FOUND when
  // there is no such file.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> OpenReader(const std::string& path);

  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs every statement of `sql`.
  absl::Status Execute(const char* sql);
  // The first column of the first row; an error when there is none.
  absl::StatusOr<std::int64_t> Number(const char* sql);
  absl::StatusOr<SqliteStatement> Prepare(std::string_view sql);
  // The first statement of `sql`, and in `rest` what follows it; none when there is no more.
  absl::StatusOr<std::optional<SqliteStatement>> PrepareNext(std::string_view sql,
                                                             std::string_view& rest);
  // A statement that is prepared once and kept, reset, ready to bind. `sql` is a literal: it is
  // looked up by address. Borrowed until the connection ends.
  absl::StatusOr<SqliteStatement*> Cached(const char* sql);

  // Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const { return sqlite3_changes64(connection_); }

  // Copies the log into the file as far as readers allow. PASSIVE never waits; TRUNCATE also
  // empties the log when nobody reads. Do nothing when there is nothing to copy.
  absl::Status CheckpointIfLong();
  absl::Status CheckpointAndTruncate();

  const std::string& path() const { return path_; }

 private:
  SqliteConnection(sqlite3* connection, std::string path)
      : connection_(connection), path_(std::move(path)) {}

  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path,
                                                                const std::string& uri, int flags);
  absl::Status SetUpWriter();
  absl::Status SetUpReader();
  absl::Status Error(int code) const;

  sqlite3* connection_;
  std::string path_;
  SqliteLimits limits_;
  absl::flat_hash_map<const char*, std::unique_ptr<SqliteStatement>> cached_;
  std::int64_t wal_bytes_ = 0;         // after the last commit
  std::int64_t checkpoint_bytes_ = 0;  // `wal_bytes_` when the last checkpoint was tried
};

// A write transaction: rolls back unless committed.
class SqliteTransaction {
 public:
  static absl::StatusOr<SqliteTransaction> Begin(SqliteConnection& connection);
  SqliteTransaction(SqliteTransaction&& other) noexcept : connection_(other.connection_) {
    other.connection_ = nullptr;
  }
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();
  absl::Status Commit();

 private:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(&connection) {}
  SqliteConnection* connection_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_H_
