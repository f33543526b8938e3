#ifndef WF_COORDINATOR_CLI_STORED_FLEET_CLIENT_H_
#define WF_COORDINATOR_CLI_STORED_FLEET_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/cli/fleet_client.h"

namespace wattfleet::coordinator {

// A data directory at rest: status and reports, read-only. NOT_FOUND when there is no such
// directory.
absl::StatusOr<std::unique_ptr<FleetClient>> OpenStoredFleet(const std::string& data_directory);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_STORED_FLEET_CLIENT_H_
