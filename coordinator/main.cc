// wattfleet-coordinator: schedules a fleet's sweeps and keeps their results.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/status/status_macros.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "coordinator/service/coordinator_loop.h"
#include "coordinator/service/serve.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/sqlite_store.h"

namespace wattfleet::coordinator {
namespace {

struct Flags {
  std::string data = "./wattfleet-data";
  std::string listen = "127.0.0.1:7443";
  bool insecure_loopback = false;
};

absl::Status Run(const Flags& flags, const sigset_t& stop_signals) {
  if (!flags.insecure_loopback) {
    return absl::InvalidArgumentError(
        "only --insecure-loopback is served so far: enrolment with certificates is not there yet");
  }
  const SystemClock clock;
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store, SqliteStore::Open(flags.data));
  spdlog::info("{}", SqliteVersionNote());
  WF_ASSIGN_OR_RETURN(const StoreSnapshot snapshot, store->Load());
  WorkerPool pool(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  ThreadTaskRunner runner("core", clock);
  CoordinatorLoop loop({.clock = clock,
                        .runner = runner,
                        .pool = pool,
                        .store = *store,
                        .data_directory = flags.data},
                       CoreOptions{}, snapshot);
  loop.SetFleetChanged(MatchSweepsToFleet);
  WF_RETURN_IF_ERROR(loop.Start());
  const absl::Status served =
      Serve({.data_directory = flags.data, .listen = flags.listen}, loop, runner, clock, [&] {
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
  app.add_option("--data", flags.data, "data directory")->capture_default_str();
  app.add_option("--listen", flags.listen, "HOST:PORT; port 0 picks a free one")
      ->capture_default_str();
  app.add_flag("--insecure-loopback", flags.insecure_loopback,
               "serve without TLS, on a loopback address only");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("coordinator"));
  // Blocked before any thread starts, so that all of them leave the signals to main.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  const absl::Status status = wattfleet::coordinator::Run(flags, stop_signals);
  if (!status.ok()) {
    std::fprintf(stderr, "wattfleet-coordinator: %s\n", std::string(status.message()).c_str());
    return 2;
  }
  return 0;
}
