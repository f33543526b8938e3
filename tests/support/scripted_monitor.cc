#include "tests/support/scripted_monitor.h"

#include "absl/time/time.h"
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "common/check/check.h"

namespace wattfleet::testing {

ScriptedMonitor::ScriptedMonitor(int port) {
  health_.set_healthy(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  WF_CHECK(server_ != nullptr && port_ != 0);
}

ScriptedMonitor::~ScriptedMonitor() {
  BreakStreams();
  server_->Shutdown();
}

std::string ScriptedMonitor::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void ScriptedMonitor::SetHealth(bool healthy, const std::string& platform) {
  absl::MutexLock lock(&mutex_);
  health_.set_healthy(healthy);
  health_.set_platform(platform);
}

void ScriptedMonitor::Say(const energy::TelemetryReading& reading) {
  absl::MutexLock lock(&mutex_);
  reading_ = reading;
  ++said_;
}

void ScriptedMonitor::BreakStreams() {
  absl::MutexLock lock(&mutex_);
  ++breaks_;
}

grpc::Status ScriptedMonitor::Health(grpc::ServerContext*, const energy::HealthRequest*,
                                     energy::HealthResponse* response) {
  absl::MutexLock lock(&mutex_);
  *response = health_;
  return grpc::Status::OK;
}

grpc::Status ScriptedMonitor::StreamTelemetry(
    grpc::ServerContext* context, const energy::StreamRequest*,
    grpc::ServerWriter<energy::TelemetryReading>* writer) {
  std::uint64_t sent = 0;
  absl::MutexLock lock(&mutex_);
  const std::uint64_t breaks = breaks_;
  while (true) {
    const auto is_time = [&] {
      mutex_.AssertReaderHeld();
      return said_ > sent || breaks_ > breaks;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&is_time), absl::Milliseconds(50));
    if (breaks_ > breaks) {
      return grpc::Status(grpc::StatusCode::INTERNAL, "the devices cannot be read");
    }
    if (context->IsCancelled()) {
      return grpc::Status::CANCELLED;
    }
    if (said_ > sent) {
      sent = said_;
      writer->Write(reading_);
    }
  }
}

}  // namespace wattfleet::testing
