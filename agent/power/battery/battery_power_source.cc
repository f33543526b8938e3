#include "agent/power/battery/battery_power_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kHalfWidth = 0.10;  // budget
constexpr double kMaxWatts = 400;
constexpr std::uint64_t kMaxRaw = 1'000'000'000;  // 1 kA, 1 kV or 1 kW in millionths

// A whole number, of which some drivers write the direction as a sign.
ReadFault ReadMagnitude(const KeptFile& file, std::uint64_t& number) {
  std::array<char, 32> buffer{};
  std::string_view text;
  if (const ReadFault fault = file.Read(buffer, text); fault != ReadFault::kNone) {
    return fault;
  }
  const std::optional<std::uint64_t> magnitude =
      WholeNumber(text.starts_with('-') ? text.substr(1) : text);
  number = magnitude.value_or(0);
  return magnitude && number <= kMaxRaw ? ReadFault::kNone : ReadFault::kUnavailable;
}

std::optional<KeptFile> OpenIfThere(const std::string& path) {
  auto file = KeptFile::Open(path);
  return file.ok() ? std::optional(*std::move(file)) : std::nullopt;
}

}  // namespace

absl::StatusOr<BatteryPowerSource::Battery> BatteryPowerSource::OpenBattery(
    const std::string& folder) {
  WF_ASSIGN_OR_RETURN(KeptFile status, KeptFile::Open(folder + "/status"));
  Battery battery{.status = std::move(status)};
  battery.microwatts = OpenIfThere(folder + "/power_now");
  battery.microamperes = OpenIfThere(folder + "/current_now");
  battery.microvolts = OpenIfThere(folder + "/voltage_now");
  if (!battery.microwatts && (!battery.microamperes || !battery.microvolts)) {
    return absl::UnimplementedError(absl::StrCat("the battery at ", folder, " tells no power"));
  }
  return battery;
}

absl::StatusOr<std::unique_ptr<PowerSource>> BatteryPowerSource::Open(const SourceRequest& request,
                                                                      const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms", kSysfsRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, seconds(2)));
  const std::string root = TextOption(request.options, kSysfsRootOption, paths.sysfs_root);
  std::unique_ptr<BatteryPowerSource> source(new BatteryPowerSource(SupplyWatcher(root)));
  source->poll_period_ = period;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(root + "/class/power_supply", error)) {
    const std::string folder = entry.path().string();
    if (ReadFirstLine(folder + "/type").value_or("") == "Battery" &&
        ReadFirstLine(folder + "/scope").value_or("System") != "Device") {
      WF_ASSIGN_OR_RETURN(Battery battery, OpenBattery(folder));
      source->batteries_.push_back(std::move(battery));
    }
  }
  if (source->batteries_.empty()) {
    return absl::NotFoundError("no battery here");
  }
  ChannelSpec spec;
  spec.name = "battery/all";
  spec.kind = SampleKind::kPowerAverage;
  spec.scope = Scope::kNode;
  spec.update_period = seconds(1);
  spec.window = seconds(6);
  spec.max_watts = kMaxWatts;
  spec.facts_json = nlohmann::json{{"batteries", source->batteries_.size()},
                                   {"unit", "uW"},
                                   {"window_ms", spec.window / milliseconds(1)},
                                   {"systematic_relative", SystematicRelative(kHalfWidth)},
                                   {"verified", "untested on hardware"}}
                        .dump();
  source->specs_.push_back(std::move(spec));
  return source;
}

ReadFault BatteryPowerSource::ReadBattery(const Battery& battery, std::uint64_t& microwatts) {
  std::array<char, 32> buffer{};
  std::string_view status;
  if (const ReadFault fault = battery.status.Read(buffer, status); fault != ReadFault::kNone) {
    return fault;
  }
  if (status.substr(0, status.find('\n')) != "Discharging") {
    return ReadFault::kUnavailable;
  }
  if (battery.microwatts) {
    return ReadMagnitude(*battery.microwatts, microwatts);
  }
  std::uint64_t microamperes = 0;
  std::uint64_t microvolts = 0;
  const ReadFault fault = std::max(ReadMagnitude(*battery.microamperes, microamperes),
                                   ReadMagnitude(*battery.microvolts, microvolts));
  microwatts = microamperes * microvolts / 1'000'000;
  return fault;
}

void BatteryPowerSource::Read(std::span<ChannelValue> values) {
  values[0] = ChannelValue{};
  if (supply_.Read() != SupplyState::kBattery) {
    return;
  }
  std::uint64_t sum = 0;
  for (const Battery& battery : batteries_) {
    std::uint64_t microwatts = 0;
    values[0].fault = ReadBattery(battery, microwatts);
    if (values[0].fault != ReadFault::kNone) {
      return;
    }
    sum += microwatts;
  }
  // No battery feeds a running machine with nothing.
  values[0].raw = sum;
  values[0].fault = sum > 0 ? ReadFault::kNone : ReadFault::kUnavailable;
}

}  // namespace wattfleet::agent
