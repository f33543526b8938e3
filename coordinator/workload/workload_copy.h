#ifndef WF_COORDINATOR_WORKLOAD_WORKLOAD_COPY_H_
#define WF_COORDINATOR_WORKLOAD_WORKLOAD_COPY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// Writes a workload's file anew to `target`, which must not exist. Without its texts it keeps ids,
// datasets, subjects, graders and how many options a query has, and its own id, which says what it
// was: enough for reports, unions and comparisons. INVALID_ARGUMENT when the source is no workload.
absl::Status CopyWorkload(const std::string& source, const std::string& target, bool with_text);

// Puts a workload's file where it belongs in a data directory, under `name` where that is free and
// under its id in any case, unless it is there already; one with texts replaces one without.
// Returns its id. INVALID_ARGUMENT when the file is no workload.
absl::StatusOr<std::string> ReceiveWorkload(const std::string& file,
                                            const std::string& data_directory,
                                            const std::string& name);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_WORKLOAD_COPY_H_
