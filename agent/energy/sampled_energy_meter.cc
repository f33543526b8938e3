#include "agent/energy/sampled_energy_meter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace wattfleet::agent {

SampledEnergyMeter::SampledEnergyMeter(std::vector<std::unique_ptr<Sampler>> samplers,
                                       const Clock& clock, const MeterOptions& options)
    : clock_(clock), options_(options), host_(std::make_shared<MeteredHost>(std::move(samplers))) {}

std::vector<std::size_t> SampledEnergyMeter::MeasuredChannelsOf(
    const std::vector<std::string>& device_ids) const {
  std::vector<std::size_t> channels = host_->ChannelsOf(device_ids);
  std::erase_if(channels,
                [this](std::size_t channel) { return !IsSensorScope(host_->spec(channel).scope); });
  return channels;
}

MeasuredChannels SampledEnergyMeter::Measured(const std::vector<std::string>& device_ids) const {
  MeasuredChannels measured;
  for (const std::size_t channel : MeasuredChannelsOf(device_ids)) {
    measured.names.push_back(host_->facts(channel).name);
    measured.update_periods.push_back(host_->update_period(channel));
    const ChannelSpec& spec = host_->spec(channel);
    measured.of_devices += spec.device_id.empty() ? 0 : 1;
    measured.with_temperature += spec.device_id.empty() || !spec.has_temperature ? 0 : 1;
  }
  std::sort(measured.names.begin(), measured.names.end());
  return measured;
}

std::vector<std::string> SampledEnergyMeter::ChannelNames() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < host_->channel_count(); ++i) {
    names.push_back(host_->facts(i).name);
  }
  return names;
}

std::uint64_t SampledEnergyMeter::HeatChanges(const std::vector<std::string>& device_ids) const {
  return host_->HeatChanges(MeasuredChannelsOf(device_ids));
}

std::vector<SourceChannel> SampledEnergyMeter::Channels() const {
  std::vector<SourceChannel> channels;
  for (std::size_t i = 0; i < host_->channel_count(); ++i) {
    channels.push_back({host_->facts(i).source, host_->spec(i)});
  }
  return channels;
}

std::vector<ChannelTotal> SampledEnergyMeter::Totals() {
  host_->TakeIn();
  return host_->Totals();
}

std::unique_ptr<EnergyAccount> SampledEnergyMeter::OpenAccount(
    const std::vector<std::string>& device_ids, TaskRunner& runner) {
  std::vector<std::size_t> channels = host_->ChannelsOf(device_ids);
  if (channels.empty()) {
    return std::make_unique<NoEnergyAccount>();
  }
  const bool has_all_devices =
      std::all_of(device_ids.begin(), device_ids.end(), [&](const std::string& device) {
        return std::any_of(channels.begin(), channels.end(), [&](std::size_t channel) {
          return host_->spec(channel).device_id == device;
        });
      });
  return std::make_unique<SampledEnergyAccount>(*host_, clock_, runner, std::move(channels),
                                                has_all_devices, options_.account);
}

void SampledEnergyMeter::MeasureBaseline(const std::vector<std::string>& device_ids,
                                         TaskRunner& runner, std::function<void()> done) {
  std::make_shared<BaselineRun>(host_, clock_, runner, options_.baseline)
      ->Start(MeasuredChannelsOf(device_ids), std::move(done));
}

}  // namespace wattfleet::agent
