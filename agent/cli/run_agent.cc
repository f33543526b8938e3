#include "agent/cli/run_agent.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "agent/accelerator/discover.h"
#include "agent/cli/engine_settings.h"
#include "agent/cli/host_facts.h"
#include "agent/cli/instances.h"
#include "agent/cli/start_monitor.h"
#include "agent/contention/host_use.h"
#include "agent/contention/sampled_contention_watch.h"
#include "agent/core/agent_core.h"
#include "agent/energy/open_energy_meter.h"
#include "agent/engine/local_engine_supervisor.h"
#include "agent/link/grpc_coordinator_link.h"
#include "agent/power/open_power_source.h"
#include "agent/spool/file_spool.h"
#include "common/grpc/transport.h"
#include "common/process/posix_process_launcher.h"
#include "common/process/process_table.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

namespace {

// How the core ended, told from its thread to the one that waits for signals.
class Ending {
 public:
  void Set(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      status_ = status;
    }
    kill(getpid(), SIGTERM);  // wakes who waits
  }
  std::optional<absl::Status> Get() const {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
};

void RunOn(TaskRunner& runner, const std::function<void()>& task) {
  absl::Notification done;
  runner.Post([&] {
    task();
    done.Notify();
  });
  done.WaitForNotification();
}

// Waits for the end; the first signal asks for it, the second does not wait.
int AwaitEnd(const sigset_t& stop, const Ending& ending, const std::function<void()>& shut_down) {
  int first = 0;
  while (true) {
    int signal = 0;
    sigwait(&stop, &signal);
    if (ending.Get() || first != 0) {
      return first;
    }
    first = signal;
    shut_down();
  }
}

}  // namespace

absl::StatusOr<int> RunAgent(const AgentConfig& config, const std::string& version,
                             const sigset_t& stop) {
  const SystemClock clock;
  Random random(SeedFromSystem());
  WF_ASSIGN_OR_RETURN(
      const std::unique_ptr<FileSpool> spool,
      FileSpool::Open({.directory = config.spool_directory,
                       .agent_name = config.name,
                       .limit_bytes = static_cast<std::uint64_t>(config.spool_limit_bytes),
                       .boot_id = BootId()},
                      clock, random));
  for (const std::string& note : spool->notes()) {
    spdlog::warn("{}", note);
  }
  AgentSettings settings{
      .name = config.name,
      .version = version,
      .incarnation = spool->incarnation(),
      .instances = {},
      .guard = {.pause = config.guard.pause, .skip_above = config.guard.skip_above},
      .host_facts = HostFacts(),
      .changing_facts = [] { return ChangingHostFacts(); },
      .warm_up = config.warm_up};
  WF_ASSIGN_OR_RETURN(settings.instances, MakeInstances(config, FindAccelerators(config)));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<EnergyMeter> meter,
                      OpenEnergyMeter(config.power, config.baseline, clock));
  WF_ASSIGN_OR_RETURN(const auto monitor, StartMonitor(config, *meter, clock));
  WF_ASSIGN_OR_RETURN(auto channel, OpenLoopbackChannel(config.coordinator));
  ThreadTaskRunner runner("core", clock);
  PosixProcessLauncher launcher;
  LocalEngineSupervisor engines(EngineSettingsOf(config), runner, clock, launcher);
  HostUse use(ProcessTable(config.power.paths.proc_root), getpid(),
              OpenNvmlProcesses(PathsOf(config.power).nvml_library));
  ThreadTaskRunner looker("looks", clock);
  SampledContentionWatch contention(use, looker, runner, clock);
  std::optional<GrpcCoordinatorLink> link;
  std::unique_ptr<AgentCore> core;
  Ending ending;
  RunOn(runner, [&] {
    link.emplace(std::move(channel), runner);
    const AgentParts parts{.runner = runner,
                           .clock = clock,
                           .random = random,
                           .link = *link,
                           .spool = *spool,
                           .engines = engines,
                           .meter = *meter,
                           .contention = &contention,
                           .note = [](const std::string& note) { spdlog::info("{}", note); }};
    core = std::make_unique<AgentCore>(settings, parts,
                                       [&ending](const absl::Status& s) { ending.Set(s); });
    core->Start();
  });
  spdlog::info("agent {} for {}", config.name, config.coordinator);
  const int signal = AwaitEnd(
      stop, ending, [&] { runner.Post([&core] { core->Shutdown("asked to by a signal"); }); });
  RunOn(runner, [&] {
    core.reset();
    link.reset();
  });
  runner.Stop();
  looker.Stop();
  WF_RETURN_IF_ERROR(ending.Get().value_or(absl::OkStatus()));
  return signal;
}

}  // namespace wattfleet::agent
