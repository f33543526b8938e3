#ifndef WF_COORDINATOR_CLI_IMPORT_FILES_H_
#define WF_COORDINATOR_CLI_IMPORT_FILES_H_

#include <string>

#include "absl/status/statusor.h"

#include "coordinator/workload/import.h"

namespace wattfleet::coordinator {

// ImportWorkload, for a user: a damaged file is theirs to mend (INVALID_ARGUMENT), and Parquet is
// read through duckdb.
absl::StatusOr<ImportReport> ImportFiles(const ImportOptions& asked);

// What was imported, what the filters removed, and the rejected rows: their number and the first of
// them by file and line.
std::string ImportText(const ImportReport& report);
// The same as a JSON object.
std::string ImportJson(const ImportReport& report);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_IMPORT_FILES_H_
