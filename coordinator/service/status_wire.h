#ifndef WF_COORDINATOR_SERVICE_STATUS_WIRE_H_
#define WF_COORDINATOR_SERVICE_STATUS_WIRE_H_

#include "coordinator/core/coordinator_core.h"

namespace wattfleet::v1 {
class AgentsReply;
class SweepStatus;
}  // namespace wattfleet::v1

namespace wattfleet::coordinator {

// The core's state -> the operator's messages, the one place.
void ToWire(const CoordinatorCore& core, const SweepEntry& sweep, v1::SweepStatus& wire);
void AgentsToWire(const CoordinatorCore& core, MonotonicTime now, v1::AgentsReply& wire);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_STATUS_WIRE_H_
