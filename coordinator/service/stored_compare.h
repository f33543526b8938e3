#ifndef WF_COORDINATOR_SERVICE_STORED_COMPARE_H_
#define WF_COORDINATOR_SERVICE_STORED_COMPARE_H_

#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

struct CompareStoredRequest {
  std::string a;  // SWEEP, or SWEEP:PAIR
  std::string b;
  std::string energy_class = "host";
  bool operating_points = false;  // these alone, of all pairs of each side
  bool as_json = false;
};

// Two pairs or two sweeps of a data directory side by side, rendered; also beside a running
// coordinator. NOT_FOUND: no such sweep; INVALID_ARGUMENT: no such pair, or nothing to set beside
// anything; FAILED_PRECONDITION: no common query.
absl::StatusOr<std::string> CompareStored(const std::string& data_directory,
                                          const CompareStoredRequest& request);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_STORED_COMPARE_H_
