// wattfleet-coordinator: schedules a fleet's sweeps and keeps their results.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/process/stop_signals.h"
#include "common/status/status_macros.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "coordinator/config/coordinator_yaml.h"
#include "coordinator/service/coordinator_loop.h"
#include "coordinator/service/serve.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/sqlite_store.h"

namespace wattfleet::coordinator {
namespace {

struct Flags {
  std::string config;
  std::string data;
  std::string listen;
  bool insecure_loopback = false;
};

absl::StatusOr<CoordinatorFile> Configure(const Flags& flags) {
  CoordinatorFile file;
  if (!flags.config.empty()) {
    WF_ASSIGN_OR_RETURN(file, LoadCoordinatorFile(flags.config));
  }
  file.data_directory = flags.data.empty() ? file.data_directory : flags.data;
  file.listen = flags.listen.empty() ? file.listen : flags.listen;
  file.insecure_loopback |= flags.insecure_loopback;
  return file;
}

absl::Status Run(const Flags& flags, const sigset_t& stop_signals) {
  WF_ASSIGN_OR_RETURN(const CoordinatorFile file, Configure(flags));
  if (!file.insecure_loopback) {
    return absl::InvalidArgumentError(
        "only --insecure-loopback is served so far: enrolment with certificates is not there yet");
  }
  const SystemClock clock;
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store,
                      SqliteStore::Open(file.data_directory));
  spdlog::info("{}", SqliteVersionNote());
  WF_ASSIGN_OR_RETURN(const StoreSnapshot snapshot, store->Load());
  WorkerPool pool(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  ThreadTaskRunner runner("core", clock);
  CoordinatorLoop loop({.clock = clock,
                        .runner = runner,
                        .pool = pool,
                        .store = *store,
                        .data_directory = file.data_directory,
                        .keep_traces = file.keep_traces},
                       CoreOptions{}, snapshot);
  loop.SetFleetChanged(MatchSweepsToFleet);
  WF_RETURN_IF_ERROR(loop.Start());
  const absl::Status served = Serve({.data_directory = file.data_directory, .listen = file.listen},
                                    loop, runner, clock, [&] {
                                      int signal = 0;
                                      sigwait(&stop_signals, &signal);
                                    });
  runner.Stop();
  loop.Stop();
  return served;
}

}  // namespace
}  // namespace wattfleet::coordinator

int main(int argc, char** argv) {
  CLI::App app("Schedules a fleet's sweeps and keeps their results.");
  wattfleet::coordinator::Flags flags;
  app.add_option("--config", flags.config, "coordinator.yaml");
  app.add_option("--data", flags.data, "data directory, before what the file says");
  app.add_option("--listen", flags.listen, "HOST:PORT, before what the file says; port 0: any");
  app.add_flag("--insecure-loopback", flags.insecure_loopback,
               "serve without TLS, on a loopback address only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("coordinator"));
  const absl::Status status = wattfleet::coordinator::Run(flags, wattfleet::BlockStopSignals());
  if (!status.ok()) {
    std::fprintf(stderr, "wattfleet-coordinator: %s\n", std::string(status.message()).c_str());
    return 2;
  }
  return 0;
}
