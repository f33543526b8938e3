#include <ctime>

#include "absl/strings/str_format.h"

#include "agent/cli/commands.h"
#include "agent/cli/live_power.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

absl::Status MeterCommand(const AgentConfig& config, int seconds, const sigset_t& stop,
                          std::FILE* out) {
  const SystemClock clock;
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<LivePower> power, LivePower::Open(config.power, clock));
  for (int second = 1; seconds == 0 || second <= seconds; ++second) {
    const timespec one_second{.tv_sec = 1, .tv_nsec = 0};
    if (sigtimedwait(&stop, nullptr, &one_second) > 0) {
      break;
    }
    for (const ChannelPower& channel : power->Look()) {
      absl::FPrintF(out, "%6d s  %-44s %s\n", second, channel.name,
                    channel.watts ? absl::StrFormat("%9.2f W", *channel.watts) : "no reading");
    }
    std::fflush(out);
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
