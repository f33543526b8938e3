#include "agent/doctor/meter.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

namespace wattfleet::agent {

namespace {

std::vector<SensedChannel> ChannelsOf(const LivePower& power) {
  std::vector<SensedChannel> channels;
  for (std::size_t i = 0; i < power.channel_count(); ++i) {
    const ChannelSpec& spec = power.spec(i);
    channels.push_back({spec.name, power.facts(i).source, spec.scope, spec.device_id});
  }
  return channels;
}

std::vector<ClassReach> TotalsOf(const LivePower& power,
                                 const std::vector<InstanceOffer>& instances) {
  std::map<DeviceKind, std::vector<std::string>> devices_of_kind;
  for (const InstanceOffer& instance : instances) {
    auto& devices = devices_of_kind[DeviceKindOf(instance.accelerator)];
    devices.insert(devices.end(), instance.device_ids.begin(), instance.device_ids.end());
  }
  std::vector<ClassReach> totals;
  for (const auto& [kind, devices] : devices_of_kind) {
    for (ClassReach& reach : ReachOfClasses(kind, devices, ChannelsOf(power))) {
      const bool is_known = std::any_of(totals.begin(), totals.end(), [&](const ClassReach& total) {
        return total.name == reach.name && total.channels == reach.channels;
      });
      if (reach.name && !is_known) {
        totals.push_back(std::move(reach));
      }
    }
  }
  return totals;
}

std::string Watts(const std::optional<double>& watts) {
  return watts ? absl::StrFormat("%9.2f W", *watts) : "no reading";
}

nlohmann::json OrNull(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

Meter::Meter(std::unique_ptr<LivePower> power, const std::vector<InstanceOffer>& instances)
    : power_(std::move(power)), totals_(TotalsOf(*power_, instances)) {}

MeterLine Meter::Look() {
  const std::vector<ChannelPower> seen = power_->Look();
  MeterLine line;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    line.channels.push_back({power_->spec(i).name, power_->spec(i).scope, seen[i].watts});
  }
  for (const ClassReach& total : totals_) {
    std::optional<double> sum = 0;
    for (const std::size_t channel : total.channels) {
      sum = sum && seen[channel].watts ? std::optional(*sum + *seen[channel].watts) : std::nullopt;
    }
    line.classes.push_back({*total.name, sum});
  }
  return line;
}

std::string MeterText(const MeterLine& line, int second) {
  std::string out;
  for (const MeteredChannel& channel : line.channels) {
    absl::StrAppendFormat(&out, "%6d s  %-44s %s%s\n", second, channel.name, Watts(channel.watts),
                          IsSensorScope(channel.scope) ? "" : "  (not measured here)");
  }
  for (const MeteredClass& total : line.classes) {
    absl::StrAppendFormat(&out, "%6d s  %-44s %s\n", second, absl::StrCat("class ", total.name),
                          Watts(total.watts));
  }
  return out;
}

std::string MeterJson(const MeterLine& line, int second) {
  nlohmann::json channels = nlohmann::json::array();
  for (const MeteredChannel& channel : line.channels) {
    channels.push_back({{"name", channel.name},
                        {"scope", std::string(RowOf(channel.scope).name)},
                        {"watts", OrNull(channel.watts)}});
  }
  nlohmann::json classes = nlohmann::json::array();
  for (const MeteredClass& total : line.classes) {
    classes.push_back({{"class", total.name}, {"watts", OrNull(total.watts)}});
  }
  return nlohmann::json{{"schema", "wattfleet.meter/1"},
                        {"second", second},
                        {"channels", std::move(channels)},
                        {"classes", std::move(classes)}}
             .dump() +
         "\n";
}

}  // namespace wattfleet::agent
