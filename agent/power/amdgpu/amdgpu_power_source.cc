#include "agent/power/amdgpu/amdgpu_power_source.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "agent/power/unstated_window.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

// A budget: nobody has published a comparison with a meter (energy.md 2.16).
constexpr double kHalfWidth = 0.10;

struct Candidate {
  const char* file;
  SampleKind kind;
  const char* unit;
};
// From the best on. Microjoules and microwatts.
constexpr Candidate kCandidates[] = {
    {"energy1_input", SampleKind::kCounter, "uJ"},
    {"power1_input", SampleKind::kPowerInstant, "uW"},
    {"power1_average", SampleKind::kPowerAverage, "uW"},
};

struct Choice {
  Candidate candidate;
  DrmSensor sensor;
};

// The first that reads; of a card that sleeps, the first that exists.
std::optional<Choice> Choose(const DrmCard& card) {
  for (const Candidate& candidate : kCandidates) {
    absl::StatusOr<DrmSensor> sensor = DrmSensor::Open(card, candidate.file);
    std::uint64_t value = 0;
    if (sensor.ok() && (sensor->IsAsleep() || sensor->Read(value) == ReadFault::kNone)) {
      return Choice{candidate, *std::move(sensor)};
    }
  }
  return std::nullopt;
}

// How the card says what holds it back. One that sleeps is not asked, which would wake it.
const char* ThrottleWay(const DrmCard& card, AmdThrottle& throttle) {
  const std::string status =
      ReadFirstLine(card.device_folder + "/power/runtime_status").value_or("");
  if (status.starts_with("suspend")) {
    return "asleep";
  }
  throttle.Read();
  return throttle.way();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> AmdgpuPowerSource::Open(const SourceRequest& request,
                                                                     const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms", kSysfsRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(100)));
  const std::string root = TextOption(request.options, kSysfsRootOption, paths.sysfs_root);
  const std::vector<DrmCard> cards = FindDrmCards(root, {"amdgpu"});
  if (cards.empty()) {
    return absl::NotFoundError(absl::StrCat("no card of the amdgpu driver here (", root, ")"));
  }
  std::unique_ptr<AmdgpuPowerSource> source(new AmdgpuPowerSource());
  source->poll_period_ = period;
  for (const DrmCard& card : cards) {
    source->AddCard(card);
  }
  if (source->specs_.empty()) {
    return absl::UnimplementedError(
        absl::StrCat("no card here tells its power (", cards.front().bus_id, ", amdgpu)"));
  }
  return source;
}

void AmdgpuPowerSource::AddCard(const DrmCard& card) {
  std::optional<Choice> choice = Choose(card);
  if (!choice) {
    return;
  }
  const bool is_counter = choice->candidate.kind == SampleKind::kCounter;
  const bool is_apu = IsApu(card);
  ChannelSpec spec;
  spec.name = absl::StrCat("amdgpu/", card.bus_id, is_counter ? "/energy" : "/power");
  spec.kind = choice->candidate.kind;
  spec.scope = is_apu ? Scope::kSocCompute : Scope::kAccelerator;
  spec.device_id = is_apu ? "" : card.bus_id;
  spec.update_period = milliseconds(100);
  spec.part_time = true;
  if (spec.kind == SampleKind::kPowerAverage) {
    spec.window = kUnstatedWindow;
  }
  thermometers_.emplace_back(card);
  throttles_.emplace_back(card.device_folder);
  spec.has_temperature = thermometers_.back().is_there();
  nlohmann::json facts = {{"driver", card.driver},
                          {"bus_id", card.bus_id},
                          {"pci_id", card.pci_id},
                          {"read_by", choice->candidate.file},
                          {"unit", choice->candidate.unit},
                          {"update_period_ms", spec.update_period / milliseconds(1)},
                          {"part_time", spec.part_time},
                          {"has_cpu", is_apu},
                          {"temperature", spec.has_temperature},
                          {"throttle_by", ThrottleWay(card, throttles_.back())},
                          {"systematic_relative", SystematicRelative(kHalfWidth)},
                          {"verified", "untested on hardware"}};
  std::uint64_t limit_uw = 0;
  const auto limit = DrmSensor::Open(card, "power1_cap");
  if (limit.ok() && limit->Read(limit_uw) == ReadFault::kNone && limit_uw > 0) {
    spec.max_watts = std::min(spec.max_watts, 1.5e-6 * static_cast<double>(limit_uw));
    facts["power_limit_mw"] = limit_uw / 1'000;
  }
  spec.facts_json = facts.dump();
  specs_.push_back(std::move(spec));
  sensors_.push_back(std::move(choice->sensor));
}

void AmdgpuPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    values[i] = ChannelValue{};
    values[i].fault = sensors_[i].Read(values[i].raw);
    // No card draws nothing: one that says so is on its way to sleep.
    if (values[i].raw == 0 && values[i].fault == ReadFault::kNone) {
      values[i].fault = ReadFault::kUnavailable;
    }
    // Only of a card that has just been read, and so is awake.
    if (values[i].fault == ReadFault::kNone) {
      values[i].flags |= throttles_[i].Read();
      values[i].millicelsius = thermometers_[i].Read();
    }
  }
}

}  // namespace wattfleet::agent
