#include "agent/power/rapl/rapl_power_source.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <nlohmann/json.hpp>

#include "agent/power/remedy.h"
#include "agent/power/source_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

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

}  // namespace

std::vector<RaplPowerSource::Zone> RaplPowerSource::FindZones(const std::string& powercap) {
  std::vector<Zone> zones;
  const auto add = [&zones](Zone zone) {
    const bool is_twin = std::any_of(zones.begin(), zones.end(),
                                     [&zone](const Zone& z) { return z.label == zone.label; });
    if (!is_twin) {
      zones.push_back(std::move(zone));
    }
  };
  for (const char* provider : {"intel-rapl", "intel-rapl-mmio"}) {
    std::map<std::string, std::string> parents;
    for (const auto& [id, folder] : Entries(powercap, provider, 1)) {
      const std::string name = NameOf(folder);
      parents[id] = name;
      if (absl::StartsWith(name, "package")) {
        add({folder, name, Scope::kCpuPackage});
      } else if (name == "psys") {
        add({folder, name, Scope::kPlatform});
      }
    }
    for (const auto& [id, folder] : Entries(powercap, provider, 2)) {
      const std::string& parent = parents[id.substr(0, id.find(':'))];
      if (NameOf(folder) == "dram") {
        add({folder, absl::StrCat(parent, "/dram"), Scope::kDram});
      }
    }
  }
  return zones;
}

absl::Status RaplPowerSource::AddZone(const Zone& zone) {
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
  nlohmann::json facts = {{"folder", zone.folder}, {"unit", "uJ"}, {"update_period_ms", 1}};
  const auto range = ReadFirstLine(absl::StrCat(zone.folder, "/max_energy_range_uj"));
  std::uint64_t max_range = 0;
  if (range.ok() && absl::SimpleAtoi(*range, &max_range) && max_range > 0) {
    // One hardware unit short of the true modulus: at most 61 uJ for each wrap.
    spec.modulus = max_range + 1;
    facts["max_energy_range_uj"] = max_range;
  }
  spec.facts_json = facts.dump();
  specs_.push_back(std::move(spec));
  counters_.push_back(*std::move(counter));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PowerSource>> RaplPowerSource::Open(const SourceRequest& request,
                                                                   const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {"poll_ms", kSysfsRootOption}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(50)));
  const std::string powercap = absl::StrCat(
      TextOption(request.options, kSysfsRootOption, paths.sysfs_root), "/class/powercap");
  const std::vector<Zone> zones = FindZones(powercap);
  if (zones.empty()) {
    return WithRemedy(
        absl::NotFoundError(absl::StrCat("no CPU energy counters here (", powercap, ")")),
        "on Linux on the bare machine: sudo modprobe intel_rapl_msr; virtual machines and "
        "containers do not have them");
  }
  std::unique_ptr<RaplPowerSource> source(new RaplPowerSource());
  source->poll_period_ = period;
  for (const Zone& zone : zones) {
    WF_RETURN_IF_ERROR(source->AddZone(zone));
  }
  return source;
}

void RaplPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    values[i] = ChannelValue{};
    values[i].fault = counters_[i].ReadNumber(values[i].raw);
  }
}

}  // namespace wattfleet::agent
