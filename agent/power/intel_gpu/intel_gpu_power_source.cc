#include "agent/power/intel_gpu/intel_gpu_power_source.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

// A budget: nobody has published a comparison with a meter (energy.md 2.16).
constexpr double kHalfWidth = 0.10;

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> IntelGpuPowerSource::Open(const SourceRequest& request,
                                                                       const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms", kSysfsRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(100)));
  const std::string root = TextOption(request.options, kSysfsRootOption, paths.sysfs_root);
  const std::vector<DrmCard> cards = FindDrmCards(root, {"xe", "i915"});
  if (cards.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no discrete card of the xe or i915 driver here (", root, ")"));
  }
  std::unique_ptr<IntelGpuPowerSource> source(new IntelGpuPowerSource());
  source->poll_period_ = period;
  for (const DrmCard& card : cards) {
    source->AddCard(card);
  }
  if (source->specs_.empty()) {
    return absl::UnimplementedError(absl::StrCat("no card here has an energy counter (",
                                                 cards.front().bus_id, ", ", cards.front().driver,
                                                 "); Linux 6.8 and newer tell it"));
  }
  return source;
}

void IntelGpuPowerSource::AddCard(const DrmCard& card) {
  for (const char* file : {"energy1_input", "energy2_input"}) {
    absl::StatusOr<DrmSensor> sensor = DrmSensor::Open(card, file);
    std::uint64_t value = 0;
    if (!sensor.ok() || (!sensor->IsAsleep() && sensor->Read(value) != ReadFault::kNone)) {
      continue;
    }
    ChannelSpec spec;
    spec.name = absl::StrCat("intel_gpu/", card.bus_id, "/energy");
    spec.device_id = card.bus_id;
    spec.update_period = milliseconds(100);
    spec.part_time = true;
    thermometers_.emplace_back(card);
    throttles_.emplace_back(card);
    spec.has_temperature = thermometers_.back().is_there();
    spec.facts_json = nlohmann::json{{"driver", card.driver},
                                     {"bus_id", card.bus_id},
                                     {"pci_id", card.pci_id},
                                     {"read_by", file},
                                     {"unit", "uJ"},
                                     {"update_period_ms", spec.update_period / milliseconds(1)},
                                     {"part_time", spec.part_time},
                                     {"temperature", spec.has_temperature},
                                     {"throttle_reasons", throttles_.back().count()},
                                     {"systematic_relative", SystematicRelative(kHalfWidth)},
                                     {"verified", "untested on hardware"}}
                          .dump();
    specs_.push_back(std::move(spec));
    sensors_.push_back(*std::move(sensor));
    return;
  }
}

void IntelGpuPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    values[i] = ChannelValue{};
    values[i].fault = sensors_[i].Read(values[i].raw);
    if (values[i].fault == ReadFault::kNone) {
      values[i].millicelsius = thermometers_[i].Read();
      values[i].flags |= throttles_[i].Read();
    }
  }
}

}  // namespace wattfleet::agent
