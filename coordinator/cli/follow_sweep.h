#ifndef WF_COORDINATOR_CLI_FOLLOW_SWEEP_H_
#define WF_COORDINATOR_CLI_FOLLOW_SWEEP_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/time/clock.h"
#include "coordinator/cli/fleet_client.h"
#include "coordinator/cli/interrupt.h"

namespace wattfleet::coordinator {

// Shows the progress of `sweep` until it has ended; returns the state it ended in. CANCELLED when
// the user interrupts; UNAVAILABLE when the coordinator stays away. `attend` is called
// after each look, with what was seen last; its error ends the wait and is returned.
absl::StatusOr<std::string> FollowSweep(
    FleetClient& fleet, const std::string& sweep, Interrupt& interrupt, const Clock& clock,
    const std::function<absl::Status(const SweepProgress&)>& attend);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_FOLLOW_SWEEP_H_
