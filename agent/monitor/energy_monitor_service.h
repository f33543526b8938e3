#ifndef WF_AGENT_MONITOR_ENERGY_MONITOR_SERVICE_H_
#define WF_AGENT_MONITOR_ENERGY_MONITOR_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "energy/energy_monitor.grpc.pb.h"

namespace wattfleet::agent {

// energy.EnergyMonitor: hands each reading to all who listen. One who is slow misses readings, and
// delays nobody. Thread-safe.
class EnergyMonitorService final : public energy::EnergyMonitor::CallbackService {
 public:
  EnergyMonitorService(bool healthy, const std::string& platform);

  void Publish(const energy::TelemetryReading& reading) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all streams, and those that come later at once.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  grpc::ServerUnaryReactor* Health(grpc::CallbackServerContext* context,
                                   const energy::HealthRequest* request,
                                   energy::HealthResponse* response) override;
  grpc::ServerWriteReactor<energy::TelemetryReading>* StreamTelemetry(
      grpc::CallbackServerContext* context, const energy::StreamRequest* request) override;

 private:
  class Outlet;
  class Subscriber;
  // Those that have not ended; drops the ended ones.
  std::vector<std::shared_ptr<Outlet>> Outlets() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  energy::HealthResponse health_;
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<energy::TelemetryReading> newest_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Outlet>> outlets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_MONITOR_ENERGY_MONITOR_SERVICE_H_
