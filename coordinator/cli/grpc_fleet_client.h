#ifndef WF_COORDINATOR_CLI_GRPC_FLEET_CLIENT_H_
#define WF_COORDINATOR_CLI_GRPC_FLEET_CLIENT_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/cli/fleet_client.h"

namespace wattfleet::coordinator {

// A client of the coordinator at `address` (HOST:PORT), once it has answered within `patience`.
// UNAVAILABLE when nothing answers there; INVALID_ARGUMENT for an address that may not be spoken
// to.
absl::StatusOr<std::unique_ptr<FleetClient>> ConnectFleet(const std::string& address,
                                                          std::chrono::milliseconds patience);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_GRPC_FLEET_CLIENT_H_
