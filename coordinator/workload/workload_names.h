#ifndef WF_COORDINATOR_WORKLOAD_WORKLOAD_NAMES_H_
#define WF_COORDINATOR_WORKLOAD_WORKLOAD_NAMES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// Names of workloads are files of the data directory, workload-names/NAME, that hold the id of the
// content ("sha256:<hex>"). One content may have several names; a name never changes its content.

// INVALID_ARGUMENT unless `name` is 1 to 100 of [A-Za-z0-9._-], not starting with "." or "-".
absl::Status CheckWorkloadName(const std::string& name);

// Whether a text is "sha256:<64 hex digits>".
bool IsWorkloadId(const std::string& text);

// The content that `name` stands for; nothing when the name is free.
absl::StatusOr<std::optional<std::string>> WorkloadIdOfName(const std::string& data_directory,
                                                            const std::string& name);

// Gives `name` to the content `id`; a name that has it already keeps it. ALREADY_EXISTS when the
// name stands for other content. Atomic against other processes.
absl::Status ClaimWorkloadName(const std::string& data_directory, const std::string& name,
                               const std::string& id);

// All names, sorted.
std::vector<std::string> WorkloadNames(const std::string& data_directory);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_WORKLOAD_NAMES_H_
