#include "coordinator/store/sqlite_schema.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/store/schema_sql.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::int64_t kApplicationId = 0x57464c54;  // "WFLT"

struct FileVersion {
  bool is_empty = false;
  std::int64_t version = 0;
};

absl::StatusOr<FileVersion> VersionOf(SqliteConnection& connection, const Schema& schema) {
  WF_ASSIGN_OR_RETURN(const std::int64_t application, connection.Number("PRAGMA application_id"));
  WF_ASSIGN_OR_RETURN(const std::int64_t version, connection.Number("PRAGMA user_version"));
  WF_ASSIGN_OR_RETURN(const std::int64_t tables,
                      connection.Number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && tables == 0) {
    return FileVersion{.is_empty = true};
  }
  if (application != kApplicationId) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is not a wattfleet store", connection.path()));
  }
  if (version > schema.version) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s has store version %d, newer than version %d of this program: use a newer wattfleet",
        connection.path(), version, schema.version));
  }
  return FileVersion{.version = version};
}

absl::Status RunAndSetVersion(SqliteConnection& connection, const char* sql, std::int64_t version) {
  WF_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(connection));
  WF_RETURN_IF_ERROR(connection.Execute(sql));
  const std::string pragmas =
      absl::StrCat("PRAGMA application_id=", kApplicationId, "; PRAGMA user_version=", version);
  WF_RETURN_IF_ERROR(connection.Execute(pragmas.c_str()));
  return transaction.Commit();
}

absl::Status CopyBeforeSteps(SqliteConnection& connection, std::int64_t version) {
  const std::string copy = absl::StrFormat("%s.v%d", connection.path(), version);
  std::error_code error;
  std::filesystem::remove(copy, error);  // of an earlier try that did not come to its end
  WF_ASSIGN_OR_RETURN(SqliteStatement vacuum, connection.Prepare("VACUUM INTO ?1"));
  return vacuum.BindText(1, copy).Run();
}

}  // namespace

const Schema& CatalogSchema() {
  static const Schema schema{.sql = kCatalogSchemaSql, .version = 1, .steps = {}};
  return schema;
}

const Schema& SweepSchema() {
  static const SchemaStep steps[] = {{.from = 1, .sql = kSweepV1ToV2Sql},
                                     {.from = 2, .sql = kSweepV2ToV3Sql}};
  static const Schema schema{.sql = kSweepSchemaSql, .version = 3, .steps = steps};
  return schema;
}

absl::Status PrepareSchema(SqliteConnection& connection, const Schema& schema) {
  WF_ASSIGN_OR_RETURN(const FileVersion file, VersionOf(connection, schema));
  if (file.is_empty) {
    return RunAndSetVersion(connection, schema.sql, schema.version);
  }
  if (file.version < schema.version) {
    WF_RETURN_IF_ERROR(CopyBeforeSteps(connection, file.version));
  }
  for (std::int64_t version = file.version; version < schema.version; ++version) {
    const auto step = std::find_if(schema.steps.begin(), schema.steps.end(),
                                   [&](const SchemaStep& s) { return s.from == version; });
    if (step == schema.steps.end()) {
      return absl::FailedPreconditionError(
          absl::StrFormat("%s has store version %d, which this program can no longer bring to "
                          "version %d",
                          connection.path(), version, schema.version));
    }
    WF_RETURN_IF_ERROR(RunAndSetVersion(connection, step->sql, version + 1));
  }
  return absl::OkStatus();
}

absl::Status CheckSchema(SqliteConnection& connection, const Schema& schema) {
  WF_ASSIGN_OR_RETURN(const FileVersion file, VersionOf(connection, schema));
  if (file.is_empty) {
    return absl::NotFoundError(absl::StrFormat("%s is empty", connection.path()));
  }
  if (file.version < schema.version) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s has store version %d, older than version %d of this program: start the coordinator "
        "once to bring it up to date",
        connection.path(), file.version, schema.version));
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
