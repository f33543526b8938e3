#ifndef WF_AGENT_MONITOR_ENERGY_MONITOR_SERVER_H_
#define WF_AGENT_MONITOR_ENERGY_MONITOR_SERVER_H_

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include <grpcpp/server.h>

#include "agent/energy/energy_meter.h"
#include "agent/monitor/energy_monitor_service.h"
#include "agent/monitor/telemetry.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct MonitorOptions {
  std::string listen = "127.0.0.1:50053";  // loopback only
  std::chrono::milliseconds interval{50};  // from one reading to the next
  MonitoredHost host;
};

// Serves energy.EnergyMonitor over what this host's meter samples anyway: one more thread, however
// many listen. The destructor ends all streams and joins.
class EnergyMonitorServer {
 public:
  // `meter` and `clock` outlive this; the clock moves by itself. INVALID_ARGUMENT: not a loopback
  // address; FAILED_PRECONDITION: the port is taken.
  static absl::StatusOr<std::unique_ptr<EnergyMonitorServer>> Start(const MonitorOptions& options,
                                                                    EnergyMeter& meter,
                                                                    const Clock& clock);
  ~EnergyMonitorServer();
  EnergyMonitorServer(const EnergyMonitorServer&) = delete;
  EnergyMonitorServer& operator=(const EnergyMonitorServer&) = delete;

  int port() const { return port_; }
  const std::string& platform() const { return telemetry_.platform(); }

 private:
  EnergyMonitorServer(const MonitorOptions& options, EnergyMeter& meter, const Clock& clock);
  void Run();

  const std::chrono::milliseconds interval_;
  EnergyMeter& meter_;
  const Clock& clock_;
  Telemetry telemetry_;  // of the thread
  EnergyMonitorService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_MONITOR_ENERGY_MONITOR_SERVER_H_
