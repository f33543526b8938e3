#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/notification.h"

#include "agent/accelerator/discover.h"
#include "agent/cli/commands.h"
#include "agent/cli/engine_settings.h"
#include "agent/cli/host_facts.h"
#include "agent/cli/instances.h"
#include "agent/engine/local_engine_supervisor.h"
#include "agent/power/open_power_source.h"
#include "common/process/posix_process_launcher.h"
#include "common/status/status_macros.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

namespace {

std::vector<EngineOffer> AskEngines(const AgentConfig& config) {
  const SystemClock clock;
  ThreadTaskRunner runner("doctor", clock);
  PosixProcessLauncher launcher;
  LocalEngineSupervisor engines(EngineSettingsOf(config), runner, clock, launcher);
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

void PrintPower(const PowerConfig& config, std::FILE* out) {
  absl::FPrintF(out, "power sources\n");
  for (const SourceVerdict& verdict : DescribePower(config)) {
    absl::FPrintF(out, "  %-10s %s\n", verdict.source,
                  verdict.usable ? absl::StrJoin(verdict.channels, ", ") : verdict.reason);
    if (!verdict.remedy.empty()) {
      absl::FPrintF(out, "  %-10s -> %s\n", "", verdict.remedy);
    }
  }
}

}  // namespace

absl::Status DoctorCommand(const AgentConfig& config, std::FILE* out) {
  WF_ASSIGN_OR_RETURN(const std::vector<InstanceOffer> instances,
                      MakeInstances(config, FindAccelerators(config)));
  absl::FPrintF(out, "machine\n");
  for (const auto& [name, value] : HostFacts()) {
    absl::FPrintF(out, "  %-14s %s\n", name, value);
  }
  absl::FPrintF(out, "accelerators\n");
  for (const InstanceOffer& instance : instances) {
    absl::FPrintF(out, "  %-28s %s\n", instance.name,
                  instance.device_ids.empty() ? "this host's processor"
                                              : absl::StrJoin(instance.device_ids, ", "));
  }
  PrintPower(config.power, out);
  absl::FPrintF(out, "engines\n");
  const std::vector<EngineOffer> offers = AskEngines(config);
  for (const EngineOffer& offer : offers) {
    absl::FPrintF(out, "  %-14s %s %s\n", offer.kind, offer.base_url,
                  absl::StrJoin(offer.refs, ", "));
  }
  if (offers.empty()) {
    absl::FPrintF(out, "  none answers; list them under `engines:` in agent.yaml\n");
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
