#ifndef WF_COORDINATOR_SERVICE_OPEN_SERVED_SWEEP_H_
#define WF_COORDINATOR_SERVICE_OPEN_SERVED_SWEEP_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/service/served_sweep.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// Parses a resolved sweep file and opens its workload in the data directory. INVALID_ARGUMENT says
// what is wrong with the file; NOT_FOUND names the workload. Reads files: not on the runner, once
// the coordinator serves.
absl::StatusOr<std::shared_ptr<const ServedSweep>> OpenServedSweep(
    const std::string& data_directory, const std::string& resolved);

// As above, for a sweep of the store: by the id of its workload, whatever names it has now.
absl::StatusOr<std::shared_ptr<const ServedSweep>> OpenServedSweep(
    const std::string& data_directory, const SweepRecord& sweep);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_OPEN_SERVED_SWEEP_H_
