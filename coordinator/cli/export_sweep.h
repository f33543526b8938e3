#ifndef WF_COORDINATOR_CLI_EXPORT_SWEEP_H_
#define WF_COORDINATOR_CLI_EXPORT_SWEEP_H_

#include <string>

#include "absl/status/status.h"

namespace wattfleet::coordinator {

struct ExportRequest {
  std::string data_directory;
  std::string sweep;
  std::string format;        // csv, ndjson, parquet, ipw or bundle
  std::string path;          // of the file, or of ipw's folder
  std::string energy_class;  // of csv, ndjson, parquet (host unless said) and ipw (paper)
  bool with_text = false;
};

// Writes a sweep's results as the format says, beside a coordinator at work. INVALID_ARGUMENT names
// the nearest format; else as the functions of coordinator/exchange and duckdb.h.
absl::Status ExportSweep(const ExportRequest& request);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_EXPORT_SWEEP_H_
