#include "coordinator/store/fsck.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/schema_sql.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/sqlite_schema.h"

namespace wattfleet::coordinator {

namespace {

// "<first column>: name=value name=value".
std::string LineOf(const SqliteStatement& row) {
  std::string line(row.Text(0));
  for (int column = 1; column < row.column_count(); ++column) {
    absl::StrAppend(&line, column == 1 ? ": " : " ", row.column_name(column), "=",
                    row.IsNull(column) ? "null" : std::string(row.Text(column)));
  }
  return line;
}

class FileCheck {
 public:
  FileCheck(SqliteConnection& connection, std::vector<FsckViolation>& violations)
      : connection_(connection), violations_(violations) {}

  absl::Status Structure() {
    WF_ASSIGN_OR_RETURN(SqliteStatement quick, connection_.Prepare("PRAGMA quick_check(10)"));
    WF_ASSIGN_OR_RETURN(bool more, quick.Step());
    while (more) {
      if (quick.Text(0) != "ok") {
        Report(absl::StrCat("damaged: ", std::string(quick.Text(0))));
      }
      WF_ASSIGN_OR_RETURN(more, quick.Step());
    }
    return Query(
        "SELECT 'row without its parent' AS broken, \"table\", rowid, parent "
        "FROM pragma_foreign_key_check");
  }

  // Each statement of `sql`.
  absl::Status Queries(std::string_view sql) {
    while (true) {
      std::string_view rest;
      WF_ASSIGN_OR_RETURN(std::optional<SqliteStatement> statement,
                          connection_.PrepareNext(sql, rest));
      if (!statement.has_value()) {
        return absl::OkStatus();
      }
      WF_RETURN_IF_ERROR(Rows(*statement));
      sql = rest;
    }
  }

 private:
  absl::Status Query(std::string_view sql) {
    WF_ASSIGN_OR_RETURN(SqliteStatement statement, connection_.Prepare(sql));
    return Rows(statement);
  }
  absl::Status Rows(SqliteStatement& statement) {
    WF_ASSIGN_OR_RETURN(bool more, statement.Step());
    for (int n = 0; more; ++n) {
      if (n == kFsckLinesMax) {
        Report(absl::StrCat(std::string(statement.Text(0)), ": and more"));
        break;
      }
      Report(LineOf(statement));
      WF_ASSIGN_OR_RETURN(more, statement.Step());
    }
    return absl::OkStatus();
  }
  void Report(std::string text) {
    violations_.push_back({.file = connection_.path(), .text = std::move(text)});
  }

  SqliteConnection& connection_;
  std::vector<FsckViolation>& violations_;
};

// Damage met on the way is a finding, not a failure to look.
absl::Status TakeDamageAsFinding(const absl::Status& status, const std::string& path,
                                 std::vector<FsckViolation>& violations) {
  if (!absl::IsDataLoss(status)) {
    return status;
  }
  violations.push_back({.file = path, .text = absl::StrFormat("damaged: %s", status.message())});
  return absl::OkStatus();
}

absl::Status CheckFile(const std::string& path, const Schema& schema, const char* queries,
                       std::vector<FsckViolation>& violations) {
  WF_ASSIGN_OR_RETURN(const auto connection, SqliteConnection::OpenReader(path));
  WF_RETURN_IF_ERROR(connection->Execute("BEGIN"));
  const absl::Status version = CheckSchema(*connection, schema);
  if (absl::IsNotFound(version)) {
    return absl::OkStatus();  // nothing was committed to it yet
  }
  WF_RETURN_IF_ERROR(version);
  FileCheck check(*connection, violations);
  WF_RETURN_IF_ERROR(check.Structure());
  return check.Queries(queries);
}

absl::StatusOr<bool> IsNamed(const std::string& path, const std::string& sweep_name) {
  WF_ASSIGN_OR_RETURN(const auto connection, SqliteConnection::OpenReader(path));
  const absl::Status version = CheckSchema(*connection, SweepSchema());
  if (!version.ok()) {
    return false;
  }
  WF_ASSIGN_OR_RETURN(const auto sweep, ReadSweep(*connection));
  return sweep.has_value() && sweep->name == sweep_name;
}

}  // namespace

absl::StatusOr<std::vector<FsckViolation>> RunFsck(const std::string& data_dir,
                                                   const std::optional<std::string>& sweep_name) {
  WF_ASSIGN_OR_RETURN(const std::vector<SweepId> ids, SweepsWithFile(data_dir));
  std::vector<FsckViolation> violations;
  const std::string catalog = CatalogPath(data_dir);
  const absl::Status catalog_status = CheckFile(catalog, CatalogSchema(), "", violations);
  if (!absl::IsNotFound(catalog_status) || ids.empty()) {
    WF_RETURN_IF_ERROR(TakeDamageAsFinding(catalog_status, catalog, violations));
  }
  bool has_checked = false;
  for (const SweepId id : ids) {
    const std::string path = SweepPath(data_dir, id);
    if (sweep_name.has_value()) {
      const absl::StatusOr<bool> is_named = IsNamed(path, *sweep_name);
      if (!is_named.ok() || !*is_named) {
        continue;
      }
    }
    has_checked = true;
    WF_RETURN_IF_ERROR(TakeDamageAsFinding(CheckFile(path, SweepSchema(), kFsckSql, violations),
                                           path, violations));
  }
  if (sweep_name.has_value() && !has_checked) {
    return absl::NotFoundError(absl::StrFormat("%s has no sweep %s", data_dir, *sweep_name));
  }
  return violations;
}

}  // namespace wattfleet::coordinator
