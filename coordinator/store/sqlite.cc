#include "coordinator/store/sqlite.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {

namespace {

absl::StatusCode StatusCodeOf(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status SqliteError(sqlite3* connection, int code, const std::string& path) {
  return absl::Status(StatusCodeOf(code), absl::StrFormat("%s: %s (SQLite error %d)", path,
                                                          sqlite3_errmsg(connection), code));
}

}  // namespace

SqliteStatement& SqliteStatement::Bind(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), at, value);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int at, std::optional<std::int64_t> value) {
  if (value.has_value()) {
    sqlite3_bind_int64(statement_.get(), at, *value);
  } else {
    sqlite3_bind_null(statement_.get(), at);
  }
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int at, std::optional<double> value) {
  if (value.has_value()) {
    sqlite3_bind_double(statement_.get(), at, *value);
  } else {
    sqlite3_bind_null(statement_.get(), at);
  }
  return *this;
}

SqliteStatement& SqliteStatement::BindText(int at, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), at, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::BindBlob(int at, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), at, bytes.data() == nullptr ? "" : bytes.data(),
                      bytes.size(), SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  sqlite3* connection = sqlite3_db_handle(statement_.get());
  absl::Status error = SqliteError(connection, code, sqlite3_db_filename(connection, "main"));
  sqlite3_reset(statement_.get());
  return error;
}

absl::Status SqliteStatement::Run() {
  WF_RETURN_IF_ERROR(Step().status());
  sqlite3_reset(statement_.get());
  return absl::OkStatus();
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
}

std::optional<std::int64_t> SqliteStatement::OptionalInt(int column) const {
  // One look at the column instead of two: a connection without a mutex has one thread, so that the
  // value may be read in place (sqlite.org/c3ref/value.html).
  sqlite3_value* value = sqlite3_column_value(statement_.get(), column);
  return sqlite3_value_type(value) == SQLITE_NULL ? std::nullopt
                                                  : std::optional(sqlite3_value_int64(value));
}

std::string_view SqliteStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) {
    return {};
  }
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view SqliteStatement::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) {
    return {};
  }
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         const std::string& uri,
                                                                         int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &raw,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  auto connection = std::unique_ptr<SqliteConnection>(new SqliteConnection(raw, path));
  if (code != SQLITE_OK) {
    return connection->Error(code);
  }
  return connection;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::OpenWriter(
    const std::string& path, const SqliteLimits& limits) {
  WF_ASSIGN_OR_RETURN(auto connection,
                      Open(path, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  connection->limits_ = limits;
  WF_RETURN_IF_ERROR(connection->SetUpWriter());
  return connection;
}

absl::Status SqliteConnection::SetUpWriter() {
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_busy_timeout(connection_, 5'000);
  // mmap_size stays 0 here: an I/O error must be a status, not a signal. secure_delete is on in
  // Debian's build.
  WF_RETURN_IF_ERROR(
      Execute("PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
              "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
              "PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
              "PRAGMA secure_delete=OFF; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"));
  if (limits_.max_pages.has_value()) {
    const std::string pragma = absl::StrCat("PRAGMA max_page_count=", *limits_.max_pages);
    WF_RETURN_IF_ERROR(Execute(pragma.c_str()));
  }
  sqlite3_wal_hook(
      connection_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteConnection*>(self)->wal_bytes_ = std::int64_t{pages} * 8192;
        return SQLITE_OK;
      },
      this);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::OpenReader(
    const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(absl::StrFormat("%s does not exist", path));
  }
  WF_ASSIGN_OR_RETURN(auto connection, Open(path, path, SQLITE_OPEN_READONLY));
  const absl::Status set_up = connection->SetUpReader();
  if (!absl::IsUnavailable(set_up) || std::filesystem::exists(path + "-wal", error)) {
    WF_RETURN_IF_ERROR(set_up);
    return connection;
  }
  // The log's index cannot be created in a folder that we may not write to. Without a log there is
  // no writer either, so the file can be read as one that never changes.
  const std::string uri =
      absl::StrCat("file:", absl::StrReplaceAll(path, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}),
                   "?immutable=1");
  WF_ASSIGN_OR_RETURN(connection, Open(path, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  WF_RETURN_IF_ERROR(connection->SetUpReader());
  return connection;
}

absl::Status SqliteConnection::SetUpReader() {
  sqlite3_busy_timeout(connection_, 5'000);
  WF_RETURN_IF_ERROR(
      Execute("PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;"
              "PRAGMA cell_size_check=ON;"));
  return Number("SELECT count(*) FROM sqlite_schema").status();
}

SqliteConnection::~SqliteConnection() {
  cached_.clear();
  sqlite3_close_v2(connection_);
}

absl::Status SqliteConnection::Error(int code) const {
  return SqliteError(connection_, code, path_);
}

absl::Status SqliteConnection::Execute(const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::StatusOr<std::int64_t> SqliteConnection::Number(const char* sql) {
  WF_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  WF_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
  if (!has_row) {
    return absl::InternalError(absl::StrFormat("%s: no row for: %s", path_, sql));
  }
  return statement.Int(0);
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(std::string_view sql) {
  std::string_view rest;
  WF_ASSIGN_OR_RETURN(std::optional<SqliteStatement> statement, PrepareNext(sql, rest));
  if (!statement.has_value()) {
    return absl::InternalError(absl::StrFormat("%s: no statement in: %s", path_, sql));
  }
  return *std::move(statement);
}

absl::StatusOr<std::optional<SqliteStatement>> SqliteConnection::PrepareNext(
    std::string_view sql, std::string_view& rest) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, &tail);
  if (code != SQLITE_OK) {
    return Error(code);
  }
  rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (statement == nullptr) {
    return std::optional<SqliteStatement>();
  }
  return SqliteStatement(statement);
}

absl::StatusOr<SqliteStatement*> SqliteConnection::Cached(const char* sql) {
  std::unique_ptr<SqliteStatement>& statement = cached_[sql];
  if (statement == nullptr) {
    WF_ASSIGN_OR_RETURN(SqliteStatement prepared, Prepare(sql));
    statement = std::make_unique<SqliteStatement>(std::move(prepared));
  }
  statement->Reset();
  return statement.get();
}

absl::Status SqliteConnection::CheckpointIfLong() {
  if (wal_bytes_ < checkpoint_bytes_) {
    checkpoint_bytes_ = 0;  // the log has started again from its beginning
  }
  if (wal_bytes_ - checkpoint_bytes_ < limits_.checkpoint_wal_bytes) {
    return absl::OkStatus();
  }
  checkpoint_bytes_ = wal_bytes_;
  const int code =
      sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return code == SQLITE_OK || code == SQLITE_BUSY ? absl::OkStatus() : Error(code);
}

absl::Status SqliteConnection::CheckpointAndTruncate() {
  if (wal_bytes_ == 0) {
    return absl::OkStatus();
  }
  sqlite3_busy_timeout(connection_, 0);  // a reader may stay for long: then there is a next time
  const int code =
      sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(connection_, 5'000);
  if (code == SQLITE_OK) {
    wal_bytes_ = checkpoint_bytes_ = 0;
  }
  return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? absl::OkStatus() : Error(code);
}

absl::StatusOr<SqliteTransaction> SqliteTransaction::Begin(SqliteConnection& connection) {
  WF_ASSIGN_OR_RETURN(SqliteStatement * begin, connection.Cached("BEGIN IMMEDIATE"));
  WF_RETURN_IF_ERROR(begin->Run());
  return SqliteTransaction(connection);
}

SqliteTransaction::~SqliteTransaction() {
  if (connection_ != nullptr) {
    // Fails only when an error has already rolled the transaction back.
    (void)connection_->Execute("ROLLBACK");
  }
}

absl::Status SqliteTransaction::Commit() {
  WF_ASSIGN_OR_RETURN(SqliteStatement * commit, connection_->Cached("COMMIT"));
  WF_RETURN_IF_ERROR(commit->Run());
  connection_ = nullptr;
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
