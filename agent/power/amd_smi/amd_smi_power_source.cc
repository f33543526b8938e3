#include "agent/power/amd_smi/amd_smi_power_source.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "agent/power/unstated_window.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

// The register counts 2^-16 J; the libraries' 15.3 uJ is that, rounded (energy.md 2.3).
bool IsRoundedExactUnit(double microjoules) {
  return microjoules >= 15.2 && microjoules <= 15.4;
}

RawUnit UnitOf(double microjoules) {
  constexpr std::int64_t kParts = 1'000'000;
  return IsRoundedExactUnit(microjoules)
             ? RawUnit{1'000'000, 65'536}
             : RawUnit{std::llround(microjoules * static_cast<double>(kParts)), kParts};
}

// The GPU that partitions belong to: all of the address but the function.
std::string WithoutFunction(const std::string& bus_id) {
  return bus_id.substr(0, bus_id.find('.'));
}

std::string CardOf(const AmdGpu& gpu) {
  return WithoutFunction(gpu.bus_id);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> AmdSmiPowerSource::Open(const SourceRequest& request,
                                                                     const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(
      CheckOptionNames(request, {kAmdSmiLibraryOption, kRocmSmiLibraryOption, "poll_ms"}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(50)));
  WF_ASSIGN_OR_RETURN(
      auto library,
      OpenAmdGpuLibrary(
          TextOption(request.options, kAmdSmiLibraryOption, paths.amd_smi_library),
          TextOption(request.options, kRocmSmiLibraryOption, paths.rocm_smi_library)));
  std::unique_ptr<AmdSmiPowerSource> source(new AmdSmiPowerSource(std::move(library)));
  source->poll_period_ = period;
  const std::vector<DrmCard> cards = FindDrmCards(paths.sysfs_root, {"amdgpu"});
  for (std::size_t gpu = 0; gpu < source->library_->gpus().size(); ++gpu) {
    source->AddGpu(gpu, cards);
  }
  if (source->specs_.empty()) {
    return absl::UnimplementedError(
        absl::StrCat("no AMD GPU here tells its power (", source->library_->gpus().front().name,
                     ", ", source->library_->name(), " ", source->library_->version(),
                     "); virtual machines do not have it"));
  }
  return source;
}

void AmdSmiPowerSource::AddGpu(std::size_t gpu, const std::vector<DrmCard>& cards) {
  const AmdGpu& device = library_->gpus()[gpu];
  const auto shares_card = [&](const AmdGpu& other) {
    return &other != &device && CardOf(other) == CardOf(device);
  };
  const bool is_measured_already = std::any_of(
      channels_.begin(), channels_.end(),
      [&](const Channel& channel) { return shares_card(library_->gpus()[channel.gpu]); });
  AmdPower power;
  if (is_measured_already || library_->ReadPower(gpu, power) != ReadFault::kNone) {
    return;
  }
  AmdEnergy energy;
  const bool has_counter = library_->ReadEnergy(gpu, energy) == ReadFault::kNone;
  const bool is_partitioned =
      std::any_of(library_->gpus().begin(), library_->gpus().end(), shares_card);
  ChannelSpec spec;
  spec.name = absl::StrCat("amd_smi/", device.bus_id, has_counter ? "/energy" : "/power");
  spec.device_id = device.bus_id;
  // The socket of an MI300A holds CPU cores as well.
  const bool has_cpu = absl::StrContains(device.name, "MI300A");
  spec.scope = has_cpu ? Scope::kModule : Scope::kAccelerator;
  nlohmann::json facts = {{"device", device.name},
                          {"library", library_->name()},
                          {"library_version", library_->version()},
                          {"power_is_mean", power.is_mean},
                          {"throttle_by", "not told"},
                          // Not checked against a meter by anybody we know of (energy.md 2.16).
                          {"systematic_relative", SystematicRelative(0.05)},
                          {"verified", "untested on hardware"}};
  Channel channel{.gpu = gpu, .flags = is_partitioned ? kFlagMigShared : 0};
  for (const DrmCard& card : cards) {
    if (!channel.throttle && WithoutFunction(card.bus_id) == CardOf(device)) {
      channel.throttle.emplace(card.device_folder);
      channel.throttle->Read();
      facts["throttle_by"] = channel.throttle->way();
      channel.thermometer.emplace(card);
      spec.has_temperature = channel.thermometer->is_there();
    }
  }
  if (has_counter) {
    spec.unit = UnitOf(energy.microjoules_per_count);
    spec.update_period = milliseconds(1);
    facts["unit"] =
        IsRoundedExactUnit(energy.microjoules_per_count) ? "2^-16 J" : "as the library says";
    facts["unit_of_library_uj"] = energy.microjoules_per_count;
    facts["read_by"] = "energy counter once it agreed with power under load, until then power";
    channel.energy.emplace(spec.unit, device.has_short_counter);
  } else {
    spec.kind = power.is_mean ? SampleKind::kPowerAverage : SampleKind::kPowerInstant;
    spec.unit = {1'000, 1};  // mW
    spec.update_period = milliseconds(100);
    spec.window = power.is_mean ? kUnstatedWindow : milliseconds(0);
    spec.part_time = true;
    facts["unit"] = "mW";
    facts["read_by"] = "power";
  }
  facts["update_period_ms"] = spec.update_period / milliseconds(1);
  spec.facts_json = facts.dump();
  specs_.push_back(std::move(spec));
  channels_.push_back(std::move(channel));
}

ChannelValue AmdSmiPowerSource::ReadChannel(Channel& channel) {
  AmdPower power;
  const ReadFault power_fault = library_->ReadPower(channel.gpu, power);
  ChannelValue value;
  if (!channel.energy) {
    value.fault = power_fault;
    value.raw = static_cast<std::uint64_t>(std::llround(power.watts * 1e3));
    return value;
  }
  AmdEnergy energy;
  const ReadFault energy_fault = library_->ReadEnergy(channel.gpu, energy);
  AmdGpuSample sample;
  sample.at = clock_.MonotonicNow();
  sample.is_lost = energy_fault == ReadFault::kLost || power_fault == ReadFault::kLost;
  if (energy_fault == ReadFault::kNone) {
    sample.count = energy.count;
  }
  if (power_fault == ReadFault::kNone) {
    sample.watts = power.watts;
  }
  return channel.energy->Add(sample);
}

void AmdSmiPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    values[i] = ReadChannel(channels_[i]);
    values[i].flags |= channels_[i].flags;
    if (values[i].fault == ReadFault::kNone && channels_[i].throttle) {
      values[i].flags |= channels_[i].throttle->Read();
      values[i].millicelsius = channels_[i].thermometer->Read();
    }
  }
}

}  // namespace wattfleet::agent
