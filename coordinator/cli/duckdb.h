#ifndef WF_COORDINATOR_CLI_DUCKDB_H_
#define WF_COORDINATOR_CLI_DUCKDB_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/process/process_launcher.h"

namespace wattfleet::coordinator {

// Parquet through the `duckdb` program, found on PATH: a child process within 1 GiB and two
// threads, ended after an hour.

// Whether a file's first bytes say that it is Parquet. False where it cannot be read.
bool IsParquet(const std::string& path);

// Writes the rows of a Parquet file as JSON lines, replacing `json_lines`. FAILED_PRECONDITION
// where there is no duckdb: names the line that converts without it; INVALID_ARGUMENT with duckdb's
// last word when it fails; UNAVAILABLE when it does not end.
absl::Status ParquetToJsonLines(ProcessLauncher& launcher, const std::string& parquet,
                                const std::string& json_lines);

// Writes JSON lines as Parquet, replacing `parquet`. Errors as above.
absl::Status JsonLinesToParquet(ProcessLauncher& launcher, const std::string& json_lines,
                                const std::string& parquet);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_DUCKDB_H_
