#ifndef WF_COORDINATOR_EXCHANGE_IPW_IMPORT_H_
#define WF_COORDINATOR_EXCHANGE_IPW_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/exchange/bundle.h"

namespace wattfleet::coordinator {

struct IpwImport {
  std::string data_directory;
  std::vector<std::string> paths;  // JSON lines (plain, .gz, .zst), or folders of them (data.jsonl)
  std::string name;                // of the sweep; required
};

// Reads ProfilingRecords, of the reference harness (converted to JSON lines) or of ExportIpw, into
// an ended sweep: one pair for each model, accelerator and condition, whose energy is `imported`,
// so that it is shown beside measured energy and never ranked with it. Rows of ours bring their
// results back as they were; of the harness's, an energy of 0 or less is not known, a correctness
// of null is pending, and the accelerator is the hardware label of the run's summary.json. Queries
// are those of the workload that summary.json names, where the data directory has it; else a
// workload of the rows' problems is made, one query for each problem. INVALID_ARGUMENT with
// FILE:LINE for a row that is none, or that says the same unit twice; ALREADY_EXISTS as
// ImportBundle. Whatever fails, no sweep is added.
absl::StatusOr<ImportedSweep> ImportIpw(const IpwImport& options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_IPW_IMPORT_H_
