#include "coordinator/service/serve.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "common/grpc/transport.h"
#include "common/status/status_macros.h"
#include "coordinator/service/control_service.h"
#include "coordinator/service/fleet_service.h"

namespace wattfleet::coordinator {

namespace {

// Tells whoever started it, and the commands that work on the data directory.
void Announce(const ServeOptions& options, int port) {
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  const std::string address = host + ":" + std::to_string(port);
  const auto path = std::filesystem::path(options.data_directory) / "coordinator.address";
  std::ofstream(path) << address << "\n";
  const std::string line = "listening on " + address + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

absl::Status Serve(const ServeOptions& options, CoordinatorLoop& loop, TaskRunner& runner,
                   const Clock& clock, const std::function<void()>& wait_for_stop) {
  FleetService fleet(loop, runner);
  ControlService control(loop, [] { kill(getpid(), SIGTERM); });
  grpc::ServerBuilder builder;
  SetServerArguments(builder);
  int port = 0;
  WF_RETURN_IF_ERROR(AddLoopbackListener(options.listen, builder, &port));
  builder.RegisterService(&fleet);
  builder.RegisterService(&control);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::FailedPreconditionError("cannot listen on " + options.listen + ": is it in use?");
  }
  Announce(options, port);
  wait_for_stop();
  spdlog::info("stopping");
  loop.OnRunner([](CoordinatorLoop& l) { l.Apply(DrainStarted{}); });
  server->Shutdown(clock.WallNow() + std::chrono::seconds(2));
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
