#ifndef WF_COORDINATOR_EXCHANGE_RECEIVE_SWEEP_H_
#define WF_COORDINATOR_EXCHANGE_RECEIVE_SWEEP_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/exchange/bundle.h"
#include "coordinator/exchange/scratch_folder.h"

namespace wattfleet::coordinator {

// A sweep's file from elsewhere, looked through already.
struct SweepSource {
  std::string shown_as;    // in messages
  std::string sweep_path;  // of the sweep's file
  // Of the workload's file; empty where the data directory has it.
  std::string workload_path;
  std::string workload_name;
  std::string from;                            // "lab-1a2b3c4d"
  std::map<std::int64_t, std::string> agents;  // names of those in the file
};

// Adds the sources to a data directory as one ended sweep of that name, written in `scratch` and
// checked before it appears. Errors as ImportBundle.
absl::StatusOr<ImportedSweep> ReceiveSweep(const std::string& data_directory,
                                           const std::string& name,
                                           const std::vector<SweepSource>& sources,
                                           const ScratchFolder& scratch);

// A scratch folder on the data directory's file system.
absl::StatusOr<ScratchFolder> ScratchBeside(const std::string& data_directory);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_RECEIVE_SWEEP_H_
