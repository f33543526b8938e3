#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "agent/cli/commands.h"
#include "agent/cli/start_monitor.h"
#include "agent/energy/open_energy_meter.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

absl::Status MonitorCommand(AgentConfig config, const std::string& listen,
                            const CommandContext& context) {
  if (!listen.empty()) {
    config.monitor.listen = listen;
  } else if (config.monitor.listen.empty()) {
    config.monitor.listen = MonitorOptions().listen;
  }
  const SystemClock clock;
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<EnergyMeter> meter,
                      OpenEnergyMeter(config.power, config.baseline, clock));
  WF_ASSIGN_OR_RETURN(const auto monitor, StartMonitor(config, *meter, clock));
  const std::string host = config.monitor.listen.substr(0, config.monitor.listen.rfind(':'));
  absl::FPrintF(context.out, "listening on %s:%d, platform %s\n", host, monitor->port(),
                monitor->platform());
  std::fflush(context.out);
  int signal = 0;
  sigwait(&context.stop, &signal);
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
