#include "agent/monitor/energy_monitor_server.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include <grpcpp/server_builder.h>

#include "common/grpc/transport.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

EnergyMonitorServer::EnergyMonitorServer(const MonitorOptions& options, EnergyMeter& meter,
                                         const Clock& clock)
    : interval_(options.interval),
      meter_(meter),
      clock_(clock),
      telemetry_(meter.Channels(), options.host),
      service_(telemetry_.IsHealthy(), telemetry_.platform()) {}

absl::StatusOr<std::unique_ptr<EnergyMonitorServer>> EnergyMonitorServer::Start(
    const MonitorOptions& options, EnergyMeter& meter, const Clock& clock) {
  std::unique_ptr<EnergyMonitorServer> server(new EnergyMonitorServer(options, meter, clock));
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  WF_RETURN_IF_ERROR(AddLoopbackListener(options.listen, builder, &server->port_));
  builder.RegisterService(&server->service_);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || server->port_ == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the energy monitor cannot listen on ", options.listen, ": is it in use?"));
  }
  server->thread_ = std::jthread([&s = *server] { s.Run(); });
  return server;
}

EnergyMonitorServer::~EnergyMonitorServer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  service_.Close();
  if (server_ != nullptr) {
    server_->Shutdown(clock_.WallNow() + std::chrono::seconds(1));
  }
}

void EnergyMonitorServer::Run() {
  while (true) {
    const WallTime wall = clock_.WallNow();
    const MonotonicTime now = clock_.MonotonicNow();
    service_.Publish(telemetry_.Next(meter_.Totals(), now, wall));
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(interval_))) {
      return;
    }
  }
}

}  // namespace wattfleet::agent
