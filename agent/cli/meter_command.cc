#include <utility>

#include "absl/strings/str_format.h"

#include "agent/cli/commands.h"
#include "agent/cli/instances.h"
#include "agent/cli/wait_for_signal.h"
#include "agent/doctor/meter.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

absl::Status MeterCommand(const AgentConfig& config, int seconds, const CommandContext& context) {
  const SystemClock clock;
  WF_ASSIGN_OR_RETURN(const auto instances, MakeInstances(config, FindAccelerators(config)));
  WF_ASSIGN_OR_RETURN(auto power, LivePower::Open(config.power, clock));
  Meter meter(std::move(power), instances);
  for (int second = 1; seconds == 0 || second <= seconds; ++second) {
    if (!PassedWithoutSignal(context.stop, std::chrono::seconds(1))) {
      break;
    }
    const MeterLine line = meter.Look();
    absl::FPrintF(context.out, "%s",
                  context.json ? MeterJson(line, second) : MeterText(line, second));
    std::fflush(context.out);
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
