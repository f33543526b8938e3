#ifndef WF_COORDINATOR_SERVICE_FLEET_SERVICE_H_
#define WF_COORDINATOR_SERVICE_FLEET_SERVICE_H_

#include "wattfleet/v1/fleet.grpc.pb.h"

#include "common/task/task_runner.h"
#include "coordinator/service/coordinator_loop.h"

namespace wattfleet::coordinator {

// The agents' side of the coordinator: one reactor per stream, which parses, posts and returns.
class FleetService final : public v1::Fleet::CallbackService {
 public:
  FleetService(CoordinatorLoop& loop, TaskRunner& runner) : loop_(loop), runner_(runner) {}

  grpc::ServerBidiReactor<v1::AgentMsg, v1::CoordMsg>* Session(
      grpc::CallbackServerContext* context) override;

 private:
  CoordinatorLoop& loop_;
  TaskRunner& runner_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_FLEET_SERVICE_H_
