#ifndef WF_COORDINATOR_CLI_PREPARE_SWEEP_H_
#define WF_COORDINATOR_CLI_PREPARE_SWEEP_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// Imports the workload that `file` names by path into the data directory, or finds the one that it
// names. Returns what there is to say about it; empty when it was there already. NOT_FOUND names
// the nearest workload.
absl::StatusOr<std::string> PrepareWorkload(const SweepFile& file,
                                            const std::string& data_directory);

// The state of the sweep of that name in the data directory; nothing when there is none.
// FAILED_PRECONDITION names the first key that differs when it is another sweep. Before anything is
// started, so that a wrong file changes nothing.
absl::StatusOr<std::optional<std::string>> StoredState(const SweepFile& file,
                                                       const std::string& data_directory);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_PREPARE_SWEEP_H_
