#ifndef WF_COORDINATOR_SERVICE_SERVE_H_
#define WF_COORDINATOR_SERVICE_SERVE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"

#include "common/task/task_runner.h"
#include "common/time/clock.h"
#include "coordinator/service/coordinator_loop.h"

namespace wattfleet::coordinator {

struct ServeOptions {
  std::string data_directory;
  std::string listen;  // HOST:PORT of this machine's loopback; port 0 picks a free one
};

// Serves agents and operators until `wait_for_stop` returns, then drains: no more grants, streams
// ended within 2 s. Says where it listens on standard output and in DATA/coordinator.address.
// FAILED_PRECONDITION when the port is taken; INVALID_ARGUMENT for an address that is not loopback.
absl::Status Serve(const ServeOptions& options, CoordinatorLoop& loop, TaskRunner& runner,
                   const Clock& clock, const std::function<void()>& wait_for_stop);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_SERVE_H_
