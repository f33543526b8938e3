#ifndef WF_COORDINATOR_CLI_OPEN_FLEET_H_
#define WF_COORDINATOR_CLI_OPEN_FLEET_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/fleet_client.h"

namespace CLI {
class App;
}

namespace wattfleet::coordinator {

// Which fleet a command works on.
struct FleetPlace {
  std::string data = "./wattfleet-data";
  std::string coordinator;  // HOST:PORT; comes before `data` when set
};

// Adds --data and --coordinator to a command. `place` outlives it.
void AddPlaceOptions(CLI::App& command, FleetPlace& place);

// The coordinator at `place.coordinator`; else the one at work on `place.data`, if there is one;
// else the data directory at rest. NOT_FOUND when there is neither.
absl::StatusOr<std::unique_ptr<FleetClient>> OpenFleet(const FleetPlace& place);

// Says what went wrong, in one line on standard error.
ExitCode Fail(const absl::Status& status);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_OPEN_FLEET_H_
