#include "agent/cli/live_power.h"

#include <utility>

#include "agent/power/open_power_source.h"
#include "agent/power/sampler.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<std::unique_ptr<LivePower>> LivePower::Open(const PowerConfig& config,
                                                           const Clock& clock) {
  WF_ASSIGN_OR_RETURN(auto sources, OpenPowerSources(config));
  if (sources.empty()) {
    return absl::NotFoundError(
        "no power sensor can be read on this machine; `wattfleet-agent doctor` says why");
  }
  std::vector<std::unique_ptr<Sampler>> samplers;
  for (std::unique_ptr<PowerSource>& source : sources) {
    samplers.push_back(std::make_unique<Sampler>(std::move(source), clock));
  }
  std::unique_ptr<LivePower> power(new LivePower(std::move(samplers)));
  power->host_.Start();
  return power;
}

LivePower::LivePower(std::vector<std::unique_ptr<Sampler>> samplers) : host_(std::move(samplers)) {
  for (std::size_t channel = 0; channel < host_.channel_count(); ++channel) {
    channels_.push_back(channel);
  }
  recording_ = host_.StartRecording(channels_);
}

std::vector<ChannelPower> LivePower::Look() {
  host_.TakeIn();
  const std::vector<ChannelRecording> recorded = host_.TakeRecording(recording_);
  recording_ = host_.StartRecording(channels_);
  std::vector<ChannelPower> powers;
  for (const ChannelRecording& channel : recorded) {
    double microjoules = 0;
    double nanoseconds = 0;
    for (const EnergyInterval& interval : channel.intervals) {
      if (interval.measured) {
        microjoules += static_cast<double>(interval.energy);
        nanoseconds += static_cast<double>(interval.length_ns());
      }
    }
    ChannelPower power{.name = host_.facts(channel.channel).name, .watts = std::nullopt};
    if (nanoseconds > 0) {
      power.watts = 1e3 * microjoules / nanoseconds;
    }
    powers.push_back(std::move(power));
  }
  return powers;
}

}  // namespace wattfleet::agent
