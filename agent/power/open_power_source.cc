#include "agent/power/open_power_source.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "agent/power/amd_smi/amd_smi_power_source.h"
#include "agent/power/amdgpu/amdgpu_power_source.h"
#include "agent/power/battery/battery_power_source.h"
#include "agent/power/channel_overlap.h"
#include "agent/power/dcmi/open_dcmi.h"
#include "agent/power/energy_monitor/energy_monitor_source.h"
#include "agent/power/intel_gpu/intel_gpu_power_source.h"
#include "agent/power/ioreport/ioreport_power_source.h"
#include "agent/power/jetson/jetson_power_source.h"
#include "agent/power/modelled/modelled_power_source.h"
#include "agent/power/nvml/nvml_power_source.h"
#include "agent/power/powermetrics/powermetrics_power_source.h"
#include "agent/power/prometheus/open_prometheus.h"
#include "agent/power/rapl/rapl_power_source.h"
#include "agent/power/redfish/open_redfish.h"
#include "agent/power/remedy.h"
#include "agent/power/replay/replay_power_source.h"
#include "agent/power/shelly/open_shelly.h"
#include "agent/power/source_options.h"
#include "agent/power/tasmota/open_tasmota.h"
#include "common/domain/nearest_name.h"
#include "common/status/annotate.h"

namespace wattfleet::agent {

namespace {

enum class Use { kAutomatic, kByNameOnly };

struct Row {
  const char* name;
  Use use;
  absl::StatusOr<std::unique_ptr<PowerSource>> (*open)(const SourceRequest&, const PowerPaths&);
};

// Every source there is. A new one is its folder and its line here.
constexpr Row kSources[] = {
    {"nvml", Use::kAutomatic, NvmlPowerSource::Open},
    {"amd_smi", Use::kAutomatic, AmdSmiPowerSource::Open},
    {"amdgpu", Use::kAutomatic, AmdgpuPowerSource::Open},
    {"intel_gpu", Use::kAutomatic, IntelGpuPowerSource::Open},
    {"rapl", Use::kAutomatic, RaplPowerSource::Open},
    {"ioreport", Use::kAutomatic, IoReportPowerSource::Open},
    {"jetson", Use::kAutomatic, JetsonPowerSource::Open},
    {"powermetrics", Use::kByNameOnly, PowermetricsPowerSource::Open},
    {"battery", Use::kByNameOnly, BatteryPowerSource::Open},
    {"energy_monitor", Use::kByNameOnly, EnergyMonitorSource::Open},
    {"redfish", Use::kByNameOnly, OpenRedfish},
    {"shelly", Use::kByNameOnly, OpenShelly},
    {"prometheus", Use::kByNameOnly, OpenPrometheus},
    {"tasmota", Use::kByNameOnly, OpenTasmota},
    {"dcmi", Use::kByNameOnly, OpenDcmi},
    {"replay", Use::kByNameOnly, ReplayPowerSource::Open},
    {"modelled", Use::kByNameOnly, ModelledPowerSource::Open},
};

const SourceRequest* FindRequest(const PowerConfig& config, const std::string& name) {
  const auto found = std::find_if(config.sources.begin(), config.sources.end(),
                                  [&name](const auto& request) { return request.name == name; });
  return found == config.sources.end() ? nullptr : &*found;
}

// Whether each channel of `source` sees a part of a device that one of `other` sees as well: the
// same GPU through its library and through its kernel driver.
bool IsRepeatedBy(const PowerSource& source, const PowerSource& other) {
  const auto is_repeated = [&other](const ChannelSpec& spec) {
    return !spec.device_id.empty() &&
           std::any_of(other.channels().begin(), other.channels().end(),
                       [&spec](const ChannelSpec& seen) {
                         return seen.device_id == spec.device_id &&
                                (RowOf(seen.scope).parts & RowOf(spec.scope).parts) != 0;
                       });
  };
  return std::all_of(source.channels().begin(), source.channels().end(), is_repeated);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenPowerSource(const SourceRequest& request,
                                                             const PowerPaths& paths) {
  std::vector<std::string> names;
  for (const Row& row : kSources) {
    if (request.name == row.name) {
      return row.open(request, paths);
    }
    names.emplace_back(row.name);
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "no power source is called \"%s\"; %s", request.name, NearestText(request.name, names)));
}

absl::StatusOr<std::vector<std::unique_ptr<PowerSource>>> OpenPowerSources(
    const PowerConfig& config) {
  std::vector<std::unique_ptr<PowerSource>> sources;
  for (const SourceRequest& request : config.sources) {
    auto source = OpenPowerSource(request, config.paths);
    if (!source.ok()) {
      return Annotate(source.status(), absl::StrFormat("power source %s", request.name));
    }
    sources.push_back(*std::move(source));
  }
  for (const Row& row : kSources) {
    if (!config.automatic || row.use != Use::kAutomatic ||
        FindRequest(config, row.name) != nullptr) {
      continue;
    }
    auto source = row.open({row.name, {}}, config.paths);
    if (source.ok() && std::none_of(sources.begin(), sources.end(), [&](const auto& other) {
          return IsRepeatedBy(**source, *other);
        })) {
      sources.push_back(*std::move(source));
    }
  }
  if (const absl::Status overlap = CheckNoOverlap(sources); !overlap.ok()) {
    return overlap;
  }
  return sources;
}

PowerPaths PathsOf(const PowerConfig& config) {
  PowerPaths paths = config.paths;
  const auto take = [&config](const char* source, const char* option, std::string& path) {
    if (const SourceRequest* const request = FindRequest(config, source)) {
      path = TextOption(request->options, option, path);
    }
  };
  take("nvml", kNvmlLibraryOption, paths.nvml_library);
  take("amd_smi", kAmdSmiLibraryOption, paths.amd_smi_library);
  take("amd_smi", kRocmSmiLibraryOption, paths.rocm_smi_library);
  take("intel_gpu", kSysfsRootOption, paths.sysfs_root);
  take("amdgpu", kSysfsRootOption, paths.sysfs_root);
  return paths;
}

std::vector<SourceVerdict> DescribePower(const PowerConfig& config) {
  std::vector<SourceVerdict> verdicts;
  const auto describe = [&](const SourceRequest& request, bool was_asked_for, bool is_used) {
    auto source = OpenPowerSource(request, config.paths);
    SourceVerdict& verdict = verdicts.emplace_back();
    verdict.source = request.name;
    verdict.was_asked_for = was_asked_for;
    verdict.is_used = is_used;
    if (source.ok()) {
      verdict.opened = *std::move(source);
    } else {
      verdict.reason = std::string(source.status().message());
      verdict.remedy = RemedyOf(source.status());
    }
  };
  for (const Row& row : kSources) {
    if (FindRequest(config, row.name) != nullptr) {
      continue;
    }
    if (row.use == Use::kAutomatic) {
      describe({row.name, {}}, false, config.automatic);
    } else {
      SourceVerdict& verdict = verdicts.emplace_back();
      verdict.source = row.name;
      verdict.reason = "used only when asked for by name, under `power:` of agent.yaml";
    }
  }
  for (const SourceRequest& request : config.sources) {
    describe(request, true, true);
  }
  for (auto verdict = verdicts.begin(); verdict != verdicts.end(); ++verdict) {
    const auto repeats = [&](const SourceVerdict& other) {
      return other.is_used && other.is_usable() && IsRepeatedBy(*verdict->opened, *other.opened);
    };
    if (verdict->is_used && verdict->is_usable() && !verdict->was_asked_for &&
        (std::any_of(verdicts.begin(), verdict, repeats) ||
         std::any_of(verdict + 1, verdicts.end(), [&](const SourceVerdict& other) {
           return other.was_asked_for && repeats(other);
         }))) {
      verdict->is_used = false;
    }
  }
  return verdicts;
}

}  // namespace wattfleet::agent
