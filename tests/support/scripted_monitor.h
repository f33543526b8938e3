#ifndef WF_TESTS_SUPPORT_SCRIPTED_MONITOR_H_
#define WF_TESTS_SUPPORT_SCRIPTED_MONITOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include <grpcpp/server.h>

#include "energy/energy_monitor.grpc.pb.h"

namespace wattfleet::testing {

// An energy monitor on loopback that says what a test tells it to.
class ScriptedMonitor final : private energy::EnergyMonitor::Service {
 public:
  // On a free port, or on `port`.
  explicit ScriptedMonitor(int port = 0);
  ~ScriptedMonitor() override;

  int port() const { return port_; }
  std::string address() const;
  void SetHealth(bool healthy, const std::string& platform);
  // What every stream says from now on, each reading once; the first is sent to those that come
  // later too.
  void Say(const energy::TelemetryReading& reading);
  // Ends all streams with an error.
  void BreakStreams();

 private:
  grpc::Status Health(grpc::ServerContext*, const energy::HealthRequest*,
                      energy::HealthResponse* response) override;
  grpc::Status StreamTelemetry(grpc::ServerContext* context, const energy::StreamRequest*,
                               grpc::ServerWriter<energy::TelemetryReading>* writer) override;

  absl::Mutex mutex_;
  energy::HealthResponse health_ ABSL_GUARDED_BY(mutex_);
  energy::TelemetryReading reading_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t said_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t breaks_ ABSL_GUARDED_BY(mutex_) = 0;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SCRIPTED_MONITOR_H_
