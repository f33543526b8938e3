#include "agent/power/jetson/jetson_power_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr double kHalfWidth = 0.05;  // budget: tolerance of the shunt
constexpr double kMaxWatts = 300;    // more than any Jetson board
// More than these of millivolts or milliamperes is no rail of a board: keeps products small.
constexpr std::uint64_t kMaxRaw = 1'000'000;

struct RailRow {
  std::string_view label;
  Scope scope;
};
// The developer kits' labels, by NVIDIA's guides for Jetson Linux.
constexpr std::array kRails = std::to_array<RailRow>({
    {"VDD_IN", Scope::kNode},                // Orin NX and Nano, Xavier NX, TX2
    {"POM_5V_IN", Scope::kNode},             // Nano
    {"VDD_CPU_GPU_CV", Scope::kSocCompute},  // Orin NX and Nano, Xavier NX
    {"VDD_CPU_CV", Scope::kSocCpu},          // AGX Orin
    {"VDD_GPU_SOC", Scope::kSocGpu},         // AGX Orin
    {"CPU", Scope::kSocCpu},                 // AGX Xavier
    {"GPU", Scope::kSocGpu},
    {"VDDRQ", Scope::kDram},
    {"VDDQ_VDD2_1V8AO", Scope::kDram},  // AGX Orin
    {"POM_5V_CPU", Scope::kSocCpu},
    {"POM_5V_GPU", Scope::kSocGpu},
    {"VDD_SYS_CPU", Scope::kSocCpu},  // TX2
    {"VDD_SYS_GPU", Scope::kSocGpu},
    {"VDD_SYS_DDR", Scope::kDram},
});

std::vector<std::string> SubfoldersOf(const std::string& folder, std::string_view prefix) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with(prefix)) {
      found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

// `update_interval`, in ms: the time of one conversion of all channels and samples.
std::chrono::nanoseconds WindowOf(const std::string& folder) {
  int ms = 0;
  const auto text = ReadFirstLine(folder + "/update_interval");
  const bool is_known = text.ok() && absl::SimpleAtoi(*text, &ms) && ms > 0 && ms <= 60'000;
  return milliseconds(is_known ? ms : 0);
}

}  // namespace

std::optional<Scope> ScopeOfRail(std::string_view label) {
  const auto row = std::find_if(kRails.begin(), kRails.end(),
                                [label](const RailRow& rail) { return rail.label == label; });
  return row == kRails.end() ? std::nullopt : std::optional(row->scope);
}

absl::Status JetsonPowerSource::AddHwmonRails(const std::string& folder, std::vector<Rail>& rails) {
  constexpr int kInputs = 3;  // 4 to 6 are their shunts' voltages, 7 is the sum of these
  for (int k = 1; k <= kInputs; ++k) {
    const auto label = ReadFirstLine(absl::StrCat(folder, "/in", k, "_label"));
    const auto enabled = ReadFirstLine(absl::StrCat(folder, "/in", k, "_enable"));
    if (!label.ok() || enabled.value_or("1") == "0") {
      continue;
    }
    Rail rail{.label = *label, .folder = folder, .window = WindowOf(folder)};
    WF_ASSIGN_OR_RETURN(rail.millivolts, KeptFile::Open(absl::StrCat(folder, "/in", k, "_input")));
    WF_ASSIGN_OR_RETURN(rail.milliamperes,
                        KeptFile::Open(absl::StrCat(folder, "/curr", k, "_input")));
    rails.push_back(std::move(rail));
  }
  return absl::OkStatus();
}

absl::Status JetsonPowerSource::AddIioRails(const std::string& folder, std::vector<Rail>& rails) {
  constexpr int kInputs = 3;
  for (int k = 0; k < kInputs; ++k) {
    const auto label = ReadFirstLine(absl::StrCat(folder, "/rail_name_", k));
    if (!label.ok()) {
      continue;
    }
    Rail rail{.label = *label, .folder = folder};
    WF_ASSIGN_OR_RETURN(rail.milliwatts,
                        KeptFile::Open(absl::StrCat(folder, "/in_power", k, "_input")));
    rails.push_back(std::move(rail));
  }
  return absl::OkStatus();
}

absl::Status JetsonPowerSource::FindRails(const std::string& sysfs_root, std::vector<Rail>& rails) {
  for (const char* driver : {"ina3221x", "ina3221"}) {
    const std::string folder = absl::StrCat(sysfs_root, "/bus/i2c/drivers/", driver);
    for (const std::string& monitor : SubfoldersOf(folder, "")) {
      for (const std::string& hwmon : SubfoldersOf(monitor + "/hwmon", "hwmon")) {
        WF_RETURN_IF_ERROR(AddHwmonRails(hwmon, rails));
      }
      for (const std::string& iio : SubfoldersOf(monitor, "iio:device")) {
        WF_RETURN_IF_ERROR(AddIioRails(iio, rails));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PowerSource>> JetsonPowerSource::Open(const SourceRequest& request,
                                                                     const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms", kSysfsRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(100)));
  std::vector<Rail> rails;
  WF_RETURN_IF_ERROR(
      FindRails(TextOption(request.options, kSysfsRootOption, paths.sysfs_root), rails));
  if (rails.empty()) {
    return absl::NotFoundError("no INA3221 power monitor here, as Jetson boards have");
  }
  std::unique_ptr<JetsonPowerSource> source(new JetsonPowerSource());
  source->poll_period_ = period;
  std::vector<std::string> labels;
  for (Rail& rail : rails) {
    labels.push_back(rail.label);
    if (const std::optional<Scope> scope = ScopeOfRail(rail.label)) {
      source->AddChannel(std::move(rail), *scope);
    }
  }
  if (source->specs_.empty()) {
    return absl::UnimplementedError(absl::StrCat(
        "this board's power monitor has no rail that we know: ", absl::StrJoin(labels, ", ")));
  }
  return source;
}

void JetsonPowerSource::AddChannel(Rail rail, Scope scope) {
  ChannelSpec spec;
  spec.name = absl::StrCat("jetson/", rail.label);
  const bool is_known =
      std::any_of(specs_.begin(), specs_.end(),
                  [&spec](const ChannelSpec& other) { return other.name == spec.name; });
  if (is_known) {
    return;
  }
  const bool is_mean = rail.window > poll_period_;
  spec.kind = is_mean ? SampleKind::kPowerAverage : SampleKind::kPowerInstant;
  spec.scope = scope;
  spec.unit = {rail.milliwatts ? 1'000 : 1, 1};
  spec.update_period = std::max(rail.window, std::chrono::nanoseconds(milliseconds(1)));
  spec.window = is_mean ? rail.window : std::chrono::nanoseconds(0);
  spec.part_time = !is_mean;
  spec.max_watts = kMaxWatts;
  nlohmann::json facts = {{"folder", rail.folder},
                          {"read_by", rail.milliwatts ? "power" : "voltage x current"},
                          {"unit", rail.milliwatts ? "mW" : "uW"},
                          {"systematic_relative", SystematicRelative(kHalfWidth)},
                          {"verified", "untested on hardware"}};
  if (rail.window.count() > 0) {
    facts["window_ms"] = rail.window / milliseconds(1);
  }
  spec.facts_json = facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  specs_.push_back(std::move(spec));
  rails_.push_back(std::move(rail));
}

// The two files are read one after the other, so the voltage is read again behind the current: a
// pair whose voltage moved meanwhile does not belong together.
ReadFault JetsonPowerSource::ReadPair(const Rail& rail, std::uint64_t& microwatts) {
  std::uint64_t before = 0;
  std::uint64_t milliamperes = 0;
  std::uint64_t after = 0;
  for (const auto& [file, number] :
       {std::pair(&*rail.millivolts, &before), std::pair(&*rail.milliamperes, &milliamperes),
        std::pair(&*rail.millivolts, &after)}) {
    if (const ReadFault fault = file->ReadNumber(*number); fault != ReadFault::kNone) {
      return fault;
    }
    if (*number > kMaxRaw) {
      return ReadFault::kUnavailable;
    }
  }
  const std::uint64_t apart = before > after ? before - after : after - before;
  if (apart > std::max(before, after) / 20) {
    return ReadFault::kUnavailable;
  }
  microwatts = milliamperes * (before + after) / 2;
  return ReadFault::kNone;
}

void JetsonPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < rails_.size(); ++i) {
    values[i] = ChannelValue{};
    values[i].fault = rails_[i].milliwatts ? rails_[i].milliwatts->ReadNumber(values[i].raw)
                                           : ReadPair(rails_[i], values[i].raw);
  }
}

}  // namespace wattfleet::agent
