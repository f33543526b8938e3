#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

#include "agent/cli/commands.h"
#include "agent/cli/wait_for_signal.h"
#include "agent/power/open_power_source.h"
#include "agent/power/reading_recorder.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

absl::Status RecordCommand(const AgentConfig& config, const std::string& path, int seconds,
                           const CommandContext& context) {
  const SystemClock clock;
  WF_ASSIGN_OR_RETURN(auto sources, OpenPowerSources(config.power));
  if (sources.empty()) {
    return absl::NotFoundError(
        "no power sensor can be read on this machine; `wattfleet-agent doctor` says why");
  }
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (std::unique_ptr<PowerSource>& source : sources) {
    samplers.push_back(std::make_unique<Sampler>(std::move(source), clock));
  }
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<ReadingRecorder> recorder,
                      ReadingRecorder::Create(path, config.name, std::move(samplers), clock));
  recorder->Start();
  for (int second = 1; seconds == 0 || second <= seconds; ++second) {
    if (!PassedWithoutSignal(context.stop, std::chrono::seconds(1))) {
      break;
    }
    WF_RETURN_IF_ERROR(recorder->TakeIn());
  }
  WF_RETURN_IF_ERROR(recorder->Finish());
  absl::FPrintF(context.out, "%s: %d readings\n", path, recorder->readings());
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
