#include "coordinator/workload/database.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include <sqlite3.h>

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

absl::Status ErrorOf(sqlite3* connection) {
  const std::string message = sqlite3_errmsg(connection);
  switch (sqlite3_errcode(connection)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message);
    default:
      return absl::InternalError(message);
  }
}

// A path as the file part of a URI: "?" and "#" would end it, "%" would start an escape.
std::string UriPath(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      uri += absl::StrFormat("%%%02x", static_cast<unsigned char>(c));
    } else {
      uri.push_back(c);
    }
  }
  return uri;
}

}  // namespace

void DatabaseStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

DatabaseStatement& DatabaseStatement::Bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter + 1, value);
  return *this;
}

DatabaseStatement& DatabaseStatement::Bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter + 1, text.data() != nullptr ? text.data() : "",
                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

absl::StatusOr<bool> DatabaseStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  return ErrorOf(sqlite3_db_handle(statement_.get()));
}

absl::Status DatabaseStatement::Run() {
  const absl::Status status = Step().status();
  Reset();
  return status;
}

void DatabaseStatement::Reset() {
  sqlite3_reset(statement_.get());
}

std::int64_t DatabaseStatement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view DatabaseStatement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& uri, int flags) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &connection,
                                   flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(connection));
  if (code != SQLITE_OK) {
    return ErrorOf(connection);
  }
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenReadOnly(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrFormat("no workload file %s", path));
  }
  return Open(UriPath(path) + "?immutable=1", SQLITE_OPEN_READONLY);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Create(const std::string& path) {
  WF_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                      Open(UriPath(path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  WF_RETURN_IF_ERROR(
      database->Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-32768"));
  return database;
}

absl::Status Database::Execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return ErrorOf(connection_.get());
  }
  return absl::OkStatus();
}

absl::StatusOr<DatabaseStatement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return ErrorOf(connection_.get());
  }
  return DatabaseStatement(statement);
}

}  // namespace wattfleet::coordinator
