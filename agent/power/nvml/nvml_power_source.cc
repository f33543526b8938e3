#include "agent/power/nvml/nvml_power_source.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/source_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

// What a field holds, as an unsigned number; nothing when it is not one.
std::optional<std::uint64_t> Unsigned(const nvml::FieldValue& field) {
  switch (field.value_type) {
    case nvml::kUnsignedInt:
      return field.value.ui;
    case nvml::kUnsignedLong:
      return field.value.ul;
    case nvml::kUnsignedLongLong:
      return field.value.ull;
    case nvml::kUnsignedShort:
      return field.value.us;
    case nvml::kSignedLongLong:
      return field.value.sll < 0 ? std::nullopt
                                 : std::optional(static_cast<std::uint64_t>(field.value.sll));
    case nvml::kSignedInt:
      return field.value.si < 0 ? std::nullopt
                                : std::optional(static_cast<std::uint64_t>(field.value.si));
    default:
      return std::nullopt;
  }
}

// nvmlDeviceGetPowerUsage is the mean of 1 s on Ampere (but for GA100) and newer, and instantaneous
// before (nvml.h).
bool PowerUsageIsAverage(const NvmlDevice& device) {
  const bool is_ga100 = absl::StrContains(device.name, "A100") ||
                        absl::StrContains(device.name, "A30") ||
                        absl::StrContains(device.name, "A800");
  const unsigned architecture = device.architecture.value_or(nvml::kAmpere);
  return architecture > nvml::kAmpere || (architecture == nvml::kAmpere && !is_ga100);
}

ReadFault FaultOf(int code) {
  switch (code) {
    case nvml::kSuccess:
      return ReadFault::kNone;
    case nvml::kUninitialized:
    case nvml::kGpuIsLost:
    case nvml::kResetRequired:
    case nvml::kGpuNotFound:
      return ReadFault::kLost;
    default:
      return ReadFault::kUnavailable;
  }
}

std::string Facts(const NvmlLibrary& library, const NvmlDevice& device, const ChannelSpec& spec,
                  const std::string& read_by) {
  nlohmann::json facts = {
      {"device", device.name},
      {"driver", library.driver_version()},
      {"library", library.library_version()},
      {"read_by", read_by},
      {"unit", spec.kind == SampleKind::kCounter ? "mJ" : "mW"},
      {"update_period_ms", spec.update_period / milliseconds(1)},
  };
  if (spec.window.count() > 0) {
    facts["window_ms"] = spec.window / milliseconds(1);
  }
  if (device.power_limit_mw) {
    facts["power_limit_mw"] = *device.power_limit_mw;
  }
  if (device.is_persistent) {
    facts["persistence_mode"] = *device.is_persistent;
  }
  if (device.is_partitioned) {
    facts["mig"] = *device.is_partitioned;
  }
  return facts.dump();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> NvmlPowerSource::Open(const SourceRequest& request,
                                                                   const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {kNvmlLibraryOption, "poll_ms"}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(request.options, milliseconds(50)));
  WF_ASSIGN_OR_RETURN(auto library, NvmlLibrary::Open(TextOption(
                                        request.options, kNvmlLibraryOption, paths.nvml_library)));
  std::unique_ptr<NvmlPowerSource> source(new NvmlPowerSource(std::move(library)));
  source->poll_period_ = period;
  for (const NvmlDevice& device : source->library_->devices()) {
    source->AddDevice(device);
  }
  if (source->specs_.empty()) {
    return absl::UnimplementedError(absl::StrCat(
        "no GPU here tells its energy or power (", source->library_->devices().front().name,
        ", driver ", source->library_->driver_version(), ")"));
  }
  return source;
}

// On a module with a CPU of its own (Grace Hopper) the GPU alone has no power, and the energy
// counter is the module's.
bool NvmlPowerSource::IsModule(const NvmlDevice& device) const {
  Route route{.handle = device.handle, .field = nvml::kFieldPowerInstant};
  std::uint64_t raw = 0;
  if (ReadRoute(route, raw) == nvml::kSuccess) {
    return false;
  }
  route.scope = nvml::kScopeModule;
  return ReadRoute(route, raw) == nvml::kSuccess;
}

std::optional<NvmlPowerSource::Route> NvmlPowerSource::FindRoute(const NvmlDevice& device) const {
  const unsigned scope = IsModule(device) ? nvml::kScopeModule : nvml::kScopeGpu;
  const Route candidates[] = {
      {.access = Access::kField, .field = nvml::kFieldTotalEnergy},
      {.access = Access::kEnergyCall},
      {.access = Access::kField, .field = nvml::kFieldPowerInstant},
      {.access = Access::kPowerCall},
  };
  for (Route route : candidates) {
    route.handle = device.handle;
    route.scope = scope;
    route.flags = device.is_partitioned.value_or(false) ? kFlagMigShared : 0;
    std::uint64_t raw = 0;
    if (ReadRoute(route, raw) == nvml::kSuccess) {
      return route;
    }
  }
  return std::nullopt;
}

std::string NvmlPowerSource::RouteName(const Route& route) {
  const char* const of_module = route.scope == nvml::kScopeModule ? " of the module" : "";
  switch (route.access) {
    case Access::kEnergyCall:
      return absl::StrCat("nvmlDeviceGetTotalEnergyConsumption", of_module);
    case Access::kPowerCall:
      return absl::StrCat("nvmlDeviceGetPowerUsage", of_module);
    case Access::kField:
      return absl::StrCat("field ", route.field, of_module);
  }
  return "";
}

void NvmlPowerSource::AddDevice(const NvmlDevice& device) {
  const std::optional<Route> route = FindRoute(device);
  if (!route) {
    return;
  }
  ChannelSpec spec;
  spec.device_id = device.uuid;
  spec.unit = {1'000, 1};  // mJ, or mW
  spec.update_period = milliseconds(100);
  spec.part_time = true;
  spec.scope = route->scope == nvml::kScopeModule ? Scope::kModule : Scope::kAccelerator;
  if (route->IsEnergy()) {
    spec.kind = SampleKind::kCounter;
  } else if (route->access == Access::kPowerCall && PowerUsageIsAverage(device)) {
    spec.kind = SampleKind::kPowerAverage;
    spec.window = milliseconds(1'000);
  } else {
    spec.kind = SampleKind::kPowerInstant;
  }
  if (device.power_limit_mw && spec.scope == Scope::kAccelerator) {
    spec.max_watts = std::min(spec.max_watts, 1.5e-3 * static_cast<double>(*device.power_limit_mw));
  }
  spec.name = absl::StrCat("nvml/", device.uuid, route->IsEnergy() ? "/energy" : "/power");
  spec.facts_json = Facts(*library_, device, spec, RouteName(*route));
  specs_.push_back(std::move(spec));
  routes_.push_back(*route);
}

int NvmlPowerSource::ReadRoute(const Route& route, std::uint64_t& raw) const {
  const nvml::Functions& functions = library_->functions();
  if (route.access == Access::kField) {
    if (functions.DeviceGetFieldValues == nullptr) {
      return nvml::kFunctionNotFound;
    }
    nvml::FieldValue field{};
    field.field_id = route.field;
    field.scope_id = route.scope;
    const int code = functions.DeviceGetFieldValues(route.handle, 1, &field);
    if (code != nvml::kSuccess || field.return_code != nvml::kSuccess) {
      return code != nvml::kSuccess ? code : field.return_code;
    }
    const std::optional<std::uint64_t> value = Unsigned(field);
    raw = value.value_or(0);
    // Polled too fast, some drivers answer 0 W.
    const bool is_power = route.field != nvml::kFieldTotalEnergy;
    return value && !(is_power && raw == 0) ? nvml::kSuccess : nvml::kUnknown;
  }
  if (route.access == Access::kEnergyCall) {
    if (functions.DeviceGetTotalEnergyConsumption == nullptr) {
      return nvml::kFunctionNotFound;
    }
    unsigned long long millijoules = 0;
    const int code = functions.DeviceGetTotalEnergyConsumption(route.handle, &millijoules);
    raw = millijoules;
    return code;
  }
  if (functions.DeviceGetPowerUsage == nullptr) {
    return nvml::kFunctionNotFound;
  }
  unsigned milliwatts = 0;
  const int code = functions.DeviceGetPowerUsage(route.handle, &milliwatts);
  raw = milliwatts;
  return code == nvml::kSuccess && raw == 0 ? nvml::kUnknown : code;
}

void NvmlPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    values[i] = ChannelValue{};
    values[i].flags = routes_[i].flags;
    values[i].fault = FaultOf(ReadRoute(routes_[i], values[i].raw));
  }
}

}  // namespace wattfleet::agent
