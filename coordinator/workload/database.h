#ifndef WF_COORDINATOR_WORKLOAD_DATABASE_H_
#define WF_COORDINATOR_WORKLOAD_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace wattfleet::coordinator {

// One prepared statement; parameters and columns count from 0. Lives no longer than its Database.
// Text that is bound, and text that a column gives, is valid until the next Reset or Step.
class DatabaseStatement {
 public:
  explicit DatabaseStatement(sqlite3_stmt* statement) : statement_(statement) {}

  DatabaseStatement& Bind(int parameter, std::int64_t value);
  DatabaseStatement& Bind(int parameter, std::string_view text);
  // True when there is a row.
  absl::StatusOr<bool> Step();
  // One step of a statement without rows, then Reset.
  absl::Status Run();
  void Reset();
  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection to a workload's file; used by one thread at a time. Errors: DATA_LOSS (not a
// database, or damaged), RESOURCE_EXHAUSTED (disk full), UNAVAILABLE (busy), else INTERNAL.
class Database {
 public:
  // An immutable file: no locks, no journal. NOT_FOUND when it is absent.
  static absl::StatusOr<std::unique_ptr<Database>> OpenReadOnly(const std::string& path);
  // A new file that nobody else sees yet: no journal, no flushing (SyncAndRename does that once).
  static absl::StatusOr<std::unique_ptr<Database>> Create(const std::string& path);

  absl::Status Execute(const std::string& sql);
  absl::StatusOr<DatabaseStatement> Prepare(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& uri, int flags);

  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_DATABASE_H_
