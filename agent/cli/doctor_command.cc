#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"

#include "agent/cli/commands.h"
#include "agent/cli/engine_settings.h"
#include "agent/cli/host_facts.h"
#include "agent/cli/instances.h"
#include "agent/cli/wait_for_signal.h"
#include "agent/doctor/cpu_load.h"
#include "agent/doctor/diagnose.h"
#include "agent/doctor/engine_load.h"
#include "agent/engine/local_engine_supervisor.h"
#include "common/process/posix_process_launcher.h"
#include "common/status/status_macros.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

namespace {

std::vector<EngineOffer> AskEngines(EngineSupervisor& engines, TaskRunner& runner) {
  std::vector<EngineOffer> offers;
  absl::Notification done;
  runner.Post([&] {
    engines.Offers([&](std::vector<EngineOffer> answer) {
      offers = std::move(answer);
      done.Notify();
    });
  });
  done.WaitForNotification();
  return offers;
}

// The processor by itself, and each accelerator by an engine, where one answers.
void AddLoads(EngineSupervisor& engines, TaskRunner& runner, Patient& patient) {
  patient.loads.push_back(std::make_unique<CpuLoad>());
  const std::optional<Build> build = BuildToAsk(patient.engines);
  for (const InstanceOffer& instance : patient.instances) {
    const bool is_cpu = DeviceKindOf(instance.accelerator) == DeviceKind::kCpu;
    if (build && !is_cpu) {
      patient.loads.push_back(std::make_unique<EngineLoad>(instance, *build, engines, runner));
    }
  }
}

}  // namespace

absl::StatusOr<int> DoctorCommand(const AgentConfig& config, const DoctorFlags& flags,
                                  const CommandContext& context) {
  const SystemClock clock;
  ThreadTaskRunner runner("doctor", clock);
  PosixProcessLauncher launcher;
  LocalEngineSupervisor engines(EngineSettingsOf(config), runner, clock, launcher);
  Patient patient;
  WF_ASSIGN_OR_RETURN(patient.instances, MakeInstances(config, FindAccelerators(config)));
  patient.host_facts = HostFacts();
  patient.engines = AskEngines(engines, runner);
  patient.power = config.power;
  AddLoads(engines, runner, patient);
  DiagnoseOptions options;
  options.run_self_test = !flags.quick;
  options.self_test.phase = flags.phase;
  const Diagnosis diagnosis =
      Diagnose(patient, options, clock, [&context](std::chrono::nanoseconds span) {
        return PassedWithoutSignal(context.stop, span);
      });
  absl::FPrintF(context.out, "%s",
                context.json ? DiagnosisJson(diagnosis) : DiagnosisText(diagnosis));
  return ExitCodeOf(diagnosis);
}

}  // namespace wattfleet::agent
