#include "agent/power/rapl/rapl_power_source.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <nlohmann/json.hpp>

#include "agent/power/remedy.h"
#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// More than this is no domain, where the tree states no limit.
constexpr double kMaxWatts = 2000;

// Linux lets only root read the counters since 5.10 (CVE-2020-8694); this opens them to a group.
constexpr char kPermissionRemedy[] =
    R"(sudo groupadd -f energy && sudo usermod -aG energy "$USER" && echo 'SUBSYSTEM=="powercap", )"
    R"(ACTION=="add", RUN+="/bin/sh -c \"chgrp energy /sys%p/energy_uj; chmod g+r )"
    R"(/sys%p/energy_uj\""' | sudo tee /etc/udev/rules.d/90-wattfleet-rapl.rules && )"
    R"(sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=powercap )"
    R"(--action=add   # then log in again)";

// Whether `id` is the numbers of a zone: "0", or "0:1" for a domain within one.
bool IsZoneId(const std::string& id, std::size_t depth) {
  const std::vector<std::string> parts = absl::StrSplit(id, ':');
  return parts.size() == depth && std::all_of(parts.begin(), parts.end(), [](const auto& part) {
           int number = 0;
           return absl::SimpleAtoi(part, &number) && number >= 0;
         });
}

// Server CPUs measure what client CPUs partly model (Desrochers et al., MEMSYS 2016).
bool IsServer(const std::string& proc_root) {
  std::ifstream file(proc_root + "/cpuinfo");
  std::ostringstream text;
  text << file.rdbuf();
  return absl::StrContains(text.str(), "Xeon") || absl::StrContains(text.str(), "EPYC");
}

// Budget of the relative error that does not average out: +- this.
double HalfWidthOf(Scope scope, bool is_server) {
  if (scope == Scope::kPlatform) {
    return 0.10;
  }
  if (is_server) {
    return 0.05;
  }
  return scope == Scope::kDram ? 0.20 : 0.10;
}

// Twice the greatest limit that the zone states: bursts may go beyond what holds on average.
double MaxWattsOf(const std::string& folder) {
  constexpr int kConstraints = 3;
  constexpr double kBurst = 2;
  double most = 0;
  for (int i = 0; i < kConstraints; ++i) {
    for (const char* file : {"_max_power_uw", "_power_limit_uw"}) {
      const auto text = ReadFirstLine(absl::StrCat(folder, "/constraint_", i, file));
      double microwatts = 0;
      if (text.ok() && absl::SimpleAtod(*text, &microwatts) && std::isfinite(microwatts)) {
        most = std::max(most, microwatts * 1e-6);
      }
    }
  }
  return most > 1 ? std::min(kMaxWatts, kBurst * most) : kMaxWatts;
}

std::optional<std::uint64_t> Valid(ReadFault fault, std::uint64_t number) {
  return fault == ReadFault::kNone ? std::optional(number) : std::nullopt;
}

std::string NameOf(const std::string& folder) {
  return ReadFirstLine(absl::StrCat(folder, "/name")).value_or("");
}

// The numbered entries of the powercap folder under `provider`, in order of their numbers' text.
std::map<std::string, std::string> Entries(const std::string& powercap, const std::string& provider,
                                           std::size_t depth) {
  std::map<std::string, std::string> entries;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(powercap, error)) {
    const std::string file = entry.path().filename().string();
    const std::string prefix = provider + ":";
    if (absl::StartsWith(file, prefix) && IsZoneId(file.substr(prefix.size()), depth)) {
      entries[file.substr(prefix.size())] = entry.path().string();
    }
  }
  return entries;
}

// Where Linux says how long heat has held back the package that RAPL calls `label` ("package-0",
// or "package-0-die-1"): at each of its processors, of which the first will do. Empty: nowhere.
std::string ThrottleFileOf(const std::string& sysfs_root, const std::string& label) {
  const std::vector<std::string> parts = absl::StrSplit(label, '-');
  const std::string processors = sysfs_root + "/devices/system/cpu";
  std::error_code error;
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(processors, error)) {
    const std::string folder = entry.path().string();
    const std::string file = folder + "/thermal_throttle/package_throttle_total_time_ms";
    if (parts.size() > 1 &&
        ReadFirstLine(folder + "/topology/physical_package_id").value_or("") == parts[1] &&
        std::filesystem::exists(file, error)) {
      found.push_back(file);
    }
  }
  return found.empty() ? "" : *std::min_element(found.begin(), found.end());
}

}  // namespace

std::vector<RaplPowerSource::Zone> RaplPowerSource::FindZones(const std::string& powercap) {
  std::vector<Zone> zones;
  const auto add = [&zones](Zone zone) {
    const auto same = std::find_if(zones.begin(), zones.end(),
                                   [&zone](const Zone& z) { return z.label == zone.label; });
    if (same == zones.end()) {
      zones.push_back(std::move(zone));
    } else if (absl::StrContains(zone.folder, "intel-rapl-mmio:")) {
      same->twin_folder = zone.folder;
    }
  };
  for (const char* provider : {"intel-rapl", "intel-rapl-mmio"}) {
    std::map<std::string, std::string> parents;
    for (const auto& [id, folder] : Entries(powercap, provider, 1)) {
      const std::string name = NameOf(folder);
      parents[id] = name;
      if (absl::StartsWith(name, "package")) {
        add({folder, name, Scope::kCpuPackage, ""});
      } else if (name == "psys") {
        add({folder, name, Scope::kPlatform, ""});
      }
    }
    for (const auto& [id, folder] : Entries(powercap, provider, 2)) {
      const std::string& parent = parents[id.substr(0, id.find(':'))];
      if (NameOf(folder) == "dram") {
        add({folder, absl::StrCat(parent, "/dram"), Scope::kDram, ""});
      }
    }
  }
  return zones;
}

absl::Status RaplPowerSource::AddZone(const Zone& zone, bool is_server) {
  auto counter = KeptFile::Open(absl::StrCat(zone.folder, "/energy_uj"));
  if (absl::IsPermissionDenied(counter.status())) {
    return WithRemedy(
        absl::PermissionDeniedError(absl::StrCat(
            "the CPU's energy counters may be read only by root (", zone.folder, "/energy_uj)")),
        kPermissionRemedy);
  }
  WF_RETURN_IF_ERROR(counter.status());
  ChannelSpec spec;
  spec.name = absl::StrCat("rapl/", zone.label);
  spec.kind = SampleKind::kCounter;
  spec.scope = zone.scope;
  spec.update_period = milliseconds(1);
  spec.max_watts = MaxWattsOf(zone.folder);
  nlohmann::json facts = {
      {"folder", zone.folder},
      {"unit", "uJ"},
      {"update_period_ms", 1},
      {"max_watts", spec.max_watts},
      {"systematic_relative", SystematicRelative(HalfWidthOf(zone.scope, is_server))}};
  const auto range = ReadFirstLine(absl::StrCat(zone.folder, "/max_energy_range_uj"));
  std::uint64_t max_range = 0;
  if (range.ok() && absl::SimpleAtoi(*range, &max_range) && max_range > 0) {
    // One hardware unit short of the true modulus: at most 61 uJ for each wrap.
    spec.modulus = max_range + 1;
    facts["max_energy_range_uj"] = max_range;
  }
  Counter kept{*std::move(counter), std::nullopt, {}, std::nullopt, {}};
  if (auto twin = KeptFile::Open(absl::StrCat(zone.twin_folder, "/energy_uj"));
      !zone.twin_folder.empty() && twin.ok()) {
    kept.twin = *std::move(twin);
    facts["twin"] = zone.twin_folder;
  }
  if (auto throttled = KeptFile::Open(zone.throttle_file);
      !zone.throttle_file.empty() && throttled.ok()) {
    kept.throttled_ms = *std::move(throttled);
    facts["throttle"] = "package_throttle_total_time_ms";
  }
  spec.facts_json = facts.dump();
  specs_.push_back(std::move(spec));
  counters_.push_back(std::move(kept));
  return absl::OkStatus();
}

void RaplPowerSource::BoundPollPeriod() {
  constexpr double kShareOfWrap = 0.4;
  constexpr milliseconds kShortest(10);
  for (const ChannelSpec& spec : specs_) {
    if (spec.modulus) {
      // microjoules / watts = microseconds
      const double wrap_us = static_cast<double>(*spec.modulus) / spec.max_watts;
      const auto bound = std::chrono::microseconds(std::llround(
          std::min(kShareOfWrap * wrap_us, static_cast<double>(poll_period_.count()) * 1e-3)));
      poll_period_ = std::max<std::chrono::nanoseconds>(bound, kShortest);
    }
  }
}

absl::StatusOr<std::unique_ptr<PowerSource>> RaplPowerSource::Open(const SourceRequest& request,
                                                                   const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms", kSysfsRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(50)));
  const std::string sysfs_root = TextOption(request.options, kSysfsRootOption, paths.sysfs_root);
  const std::string powercap = absl::StrCat(sysfs_root, "/class/powercap");
  std::vector<Zone> zones = FindZones(powercap);
  if (zones.empty()) {
    return WithRemedy(
        absl::NotFoundError(absl::StrCat("no CPU energy counters here (", powercap, ")")),
        "on Linux on the bare machine: sudo modprobe intel_rapl_msr; virtual machines and "
        "containers do not have them");
  }
  std::unique_ptr<RaplPowerSource> source(new RaplPowerSource());
  source->poll_period_ = period;
  const bool is_server = IsServer(paths.proc_root);
  for (Zone& zone : zones) {
    if (zone.scope == Scope::kCpuPackage) {
      zone.throttle_file = ThrottleFileOf(sysfs_root, zone.label);
    }
    WF_RETURN_IF_ERROR(source->AddZone(zone, is_server));
  }
  source->BoundPollPeriod();
  return source;
}

void RaplPowerSource::ReadCounter(Counter& counter, std::int64_t reads_per_second,
                                  ChannelValue& value) {
  value = ChannelValue{};
  if (!counter.choice.is_switched()) {
    value.fault = counter.file.ReadNumber(value.raw);
  }
  if (!counter.twin) {
    return;
  }
  ChannelValue twin;
  twin.fault = counter.twin->ReadNumber(twin.raw);
  if (counter.choice.is_switched()) {
    value = twin;
  } else if (counter.choice.Add(Valid(value.fault, value.raw), Valid(twin.fault, twin.raw),
                                reads_per_second)) {
    // The two do not continue each other.
    value.fault = ReadFault::kLost;
  }
}

void RaplPowerSource::CheckThrottle(std::span<ChannelValue> values) {
  constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;
  const MonotonicTime now = clock_.MonotonicNow();
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    Counter& counter = counters_[i];
    std::uint64_t held_back_ms = 0;
    if (counter.throttled_ms &&
        counter.throttled_ms->ReadNumber(held_back_ms) == ReadFault::kNone) {
      counter.throttle.Begin(now);
      values[i].flags |=
          counter.throttle.Add(0, held_back_ms * kNanosecondsPerMillisecond, kFlagThermalThrottled);
    }
  }
}

void RaplPowerSource::CheckPlatform(std::span<ChannelValue> values) {
  std::optional<std::uint64_t> packages = 0;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].scope == Scope::kCpuPackage && packages) {
      const auto package = Valid(values[i].fault, values[i].raw);
      packages = package ? std::optional(*packages + *package) : std::nullopt;
    }
  }
  constexpr seconds kWindow(10);
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].scope == Scope::kPlatform &&
        !platform_check_.Add(Valid(values[i].fault, values[i].raw), packages,
                             kWindow / poll_period_)) {
      values[i].flags |= kFlagCounterRejected;
    }
  }
}

void RaplPowerSource::Read(std::span<ChannelValue> values) {
  const std::int64_t reads_per_second = std::max<std::int64_t>(1, seconds(1) / poll_period_);
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    ReadCounter(counters_[i], reads_per_second, values[i]);
  }
  CheckThrottle(values);
  CheckPlatform(values);
}

}  // namespace wattfleet::agent
