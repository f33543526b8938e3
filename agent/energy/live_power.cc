#include "agent/energy/live_power.h"

#include <utility>

#include "agent/power/open_power_source.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

ChannelPower PowerOf(const ChannelRecording& channel) {
  double microjoules = 0;
  double nanoseconds = 0;
  ChannelPower power;
  for (const EnergyInterval& interval : channel.intervals) {
    power.flags |= interval.flags;
    if (interval.measured) {
      microjoules += static_cast<double>(interval.energy);
      nanoseconds += static_cast<double>(interval.length_ns());
    }
  }
  if (nanoseconds > 0) {
    power.watts = 1e3 * microjoules / nanoseconds;
  }
  return power;
}

}  // namespace

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
  auto power = std::make_unique<LivePower>(std::move(samplers));
  power->Start();
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
    powers.push_back(PowerOf(channel));
  }
  return powers;
}

}  // namespace wattfleet::agent
