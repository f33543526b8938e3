#include "agent/power/nvml/nvml_gpu.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

#include "agent/power/systematic_error.h"

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
bool PowerUsageIsMean(const NvmlDevice& device) {
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
    case nvml::kDriverNotLoaded:
    case nvml::kGpuIsLost:
    case nvml::kResetRequired:
    case nvml::kLibraryVersionMismatch:
    case nvml::kGpuNotFound:
      return ReadFault::kLost;
    default:
      return ReadFault::kUnavailable;
  }
}

nvml::FieldValue Ask(unsigned id, unsigned scope = nvml::kScopeGpu) {
  nvml::FieldValue field{};
  field.field_id = id;
  field.scope_id = scope;
  // What a library that leaves the field alone would leave.
  field.return_code = nvml::kNotSupported;
  return field;
}

// Every field that any GPU may have a use for.
std::vector<nvml::FieldValue> AllFields() {
  std::vector<nvml::FieldValue> fields;
  for (const unsigned scope : {nvml::kScopeGpu, nvml::kScopeModule}) {
    for (const unsigned id : {nvml::kFieldTotalEnergy, nvml::kFieldEnergyOfScope,
                              nvml::kFieldPowerInstant, nvml::kFieldPowerAverage}) {
      fields.push_back(Ask(id, scope));
    }
  }
  fields.push_back(Ask(nvml::kFieldPowerCapTime));
  fields.push_back(Ask(nvml::kFieldThermalTime));
  for (const unsigned first : {nvml::kFieldSlowdownTimes, nvml::kFieldSlowdownTimes13}) {
    for (unsigned id = first; id < first + 3; ++id) {
      fields.push_back(Ask(id));
    }
  }
  return fields;
}

}  // namespace

NvmlGpu::NvmlGpu(const NvmlLibrary& library, const NvmlDevice& device)
    : functions_(&library.functions()), library_(&library), device_(device) {}

std::optional<NvmlGpu> NvmlGpu::Find(const NvmlLibrary& library, const NvmlDevice& device) {
  NvmlGpu gpu(library, device);
  std::vector<nvml::FieldValue> offered = AllFields();
  if (gpu.functions_->DeviceGetFieldValues == nullptr ||
      gpu.functions_->DeviceGetFieldValues(device.handle, static_cast<int>(offered.size()),
                                           offered.data()) != nvml::kSuccess) {
    offered.clear();
  }
  if (!gpu.Choose(offered)) {
    return std::nullopt;
  }
  gpu.Describe();
  return gpu;
}

bool NvmlGpu::Choose(const std::vector<nvml::FieldValue>& offered) {
  const auto has = [&offered](unsigned id, unsigned scope) {
    return std::any_of(offered.begin(), offered.end(), [&](const nvml::FieldValue& field) {
      return field.field_id == id && field.scope_id == scope &&
             field.return_code == nvml::kSuccess && Unsigned(field).value_or(0) > 0;
    });
  };
  // On a module with a CPU of its own (Grace Hopper) the GPU alone has no power, and the energy
  // counter is the module's.
  is_module_ = !has(nvml::kFieldPowerInstant, nvml::kScopeGpu) &&
               has(nvml::kFieldPowerInstant, nvml::kScopeModule);
  // A partition that is the only one has the GPU for itself.
  device_flags_ =
      device_.is_partitioned.value_or(false) && device_.partitions != 1 ? kFlagMigShared : 0;
  if (!ChooseRoute(offered)) {
    return false;
  }
  if (route_.quantity == Quantity::kEnergy) {
    power_beside_ =
        Take(offered, nvml::kFieldPowerInstant, is_module_ ? nvml::kScopeModule : nvml::kScopeGpu);
  }
  ChooseThrottle(offered);
  return true;
}

std::optional<std::size_t> NvmlGpu::Take(const std::vector<nvml::FieldValue>& offered, unsigned id,
                                         unsigned scope) {
  const auto found =
      std::find_if(offered.begin(), offered.end(), [&](const nvml::FieldValue& field) {
        return field.field_id == id && field.scope_id == scope &&
               field.return_code == nvml::kSuccess && Unsigned(field).has_value();
      });
  if (found == offered.end()) {
    return std::nullopt;
  }
  fields_.push_back(Ask(id, scope));
  return fields_.size() - 1;
}

bool NvmlGpu::ChooseRoute(const std::vector<nvml::FieldValue>& offered) {
  const auto take = [&](Quantity quantity, unsigned id, unsigned scope) {
    const auto field = Take(offered, id, scope);
    if (field) {
      const char* const of_module = scope == nvml::kScopeModule ? " of the module" : "";
      route_ = {quantity, field, absl::StrCat("field ", id, of_module)};
    }
    return field.has_value();
  };
  const unsigned scope = is_module_ ? nvml::kScopeModule : nvml::kScopeGpu;
  if (is_module_ && take(Quantity::kEnergy, nvml::kFieldEnergyOfScope, scope)) {
    return true;
  }
  if (take(Quantity::kEnergy, nvml::kFieldTotalEnergy, scope) ||
      take(Quantity::kEnergy, nvml::kFieldTotalEnergy, nvml::kScopeGpu) ||
      take(Quantity::kEnergy, nvml::kFieldEnergyOfScope, scope)) {
    return true;
  }
  std::uint64_t raw = 0;
  if (ReadEnergyCall(raw) == nvml::kSuccess) {
    route_ = {Quantity::kEnergy, std::nullopt, "nvmlDeviceGetTotalEnergyConsumption"};
    return true;
  }
  if (take(Quantity::kPower, nvml::kFieldPowerInstant, scope) ||
      take(Quantity::kMeanPower, nvml::kFieldPowerAverage, scope)) {
    return true;
  }
  if (ReadPowerCall(raw) == nvml::kSuccess) {
    route_ = {PowerUsageIsMean(device_) ? Quantity::kMeanPower : Quantity::kPower, std::nullopt,
              "nvmlDeviceGetPowerUsage"};
    return true;
  }
  return false;
}

void NvmlGpu::ChooseThrottle(const std::vector<nvml::FieldValue>& offered) {
  power_cap_time_ = Take(offered, nvml::kFieldPowerCapTime, nvml::kScopeGpu);
  // Drivers number the slowdown times in one of two ways, and mean settings or link errors by the
  // other numbers; those do not grow as times do. See ThrottleTimes::Add.
  for (const unsigned id : {unsigned{nvml::kFieldThermalTime}, nvml::kFieldSlowdownTimes + 0U,
                            nvml::kFieldSlowdownTimes + 1U, nvml::kFieldSlowdownTimes + 2U,
                            nvml::kFieldSlowdownTimes13 + 0U, nvml::kFieldSlowdownTimes13 + 1U,
                            nvml::kFieldSlowdownTimes13 + 2U}) {
    if (const auto field = Take(offered, id, nvml::kScopeGpu)) {
      thermal_times_.push_back(*field);
    }
  }
}

void NvmlGpu::Describe() {
  const bool is_energy = route_.quantity == Quantity::kEnergy;
  spec_.device_id = device_.uuid;
  spec_.unit = {1'000, 1};  // mJ, or mW
  spec_.update_period = milliseconds(100);
  spec_.part_time = true;
  spec_.scope = is_module_ ? Scope::kModule : Scope::kAccelerator;
  spec_.kind = is_energy                                 ? SampleKind::kCounter
               : route_.quantity == Quantity::kMeanPower ? SampleKind::kPowerAverage
                                                         : SampleKind::kPowerInstant;
  if (spec_.kind == SampleKind::kPowerAverage) {
    spec_.window = milliseconds(1'000);
  }
  if (device_.power_limit_mw && !is_module_) {
    spec_.max_watts =
        std::min(spec_.max_watts, 1.5e-3 * static_cast<double>(*device_.power_limit_mw));
  }
  spec_.has_temperature = ReadMillicelsius().has_value();
  spec_.name = absl::StrCat("nvml/", device_.uuid, is_energy ? "/energy" : "/power");
  spec_.facts_json = FactsJson();
}

std::string NvmlGpu::FactsJson() const {
  // A budget from published comparisons with external meters, taken as uniform (energy.md 2.16).
  const double systematic = SystematicRelative(0.05);
  nlohmann::json facts = {
      {"device", device_.name},
      {"driver", library_->driver_version()},
      {"library", library_->library_version()},
      {"read_by", route_.name},
      {"unit", spec_.kind == SampleKind::kCounter ? "mJ" : "mW"},
      {"update_period_ms", spec_.update_period / milliseconds(1)},
      {"part_time", spec_.part_time},
      {"systematic_relative", systematic},
      {"checked_against_power", power_beside_.has_value()},
      {"temperature", spec_.has_temperature},
      {"throttle_by",
       power_cap_time_ && !thermal_times_.empty() ? "time counters" : "current reasons"},
  };
  if (spec_.window.count() > 0) {
    facts["window_ms"] = spec_.window / milliseconds(1);
  }
  if (device_.power_limit_mw) {
    facts["power_limit_mw"] = *device_.power_limit_mw;
  }
  if (device_.is_persistent) {
    facts["persistence_mode"] = *device_.is_persistent;
  }
  if (device_.is_partitioned) {
    facts["mig"] = *device_.is_partitioned;
    facts["partitions"] = device_.partitions;
  }
  if (!device_.bus_id.empty()) {
    facts["bus_id"] = device_.bus_id;
  }
  return facts.dump();
}

int NvmlGpu::ReadFields() {
  for (nvml::FieldValue& field : fields_) {
    field.return_code = nvml::kUnknown;
  }
  return fields_.empty() ? nvml::kSuccess
                         : functions_->DeviceGetFieldValues(
                               device_.handle, static_cast<int>(fields_.size()), fields_.data());
}

int NvmlGpu::ReadOne(std::size_t field, bool is_power, std::uint64_t& raw) const {
  if (fields_code_ != nvml::kSuccess || fields_[field].return_code != nvml::kSuccess) {
    return fields_code_ != nvml::kSuccess ? fields_code_ : fields_[field].return_code;
  }
  const std::optional<std::uint64_t> value = Unsigned(fields_[field]);
  raw = value.value_or(0);
  // Polled too fast, some drivers answer 0 W.
  return value && !(is_power && raw == 0) ? nvml::kSuccess : nvml::kUnknown;
}

int NvmlGpu::ReadEnergyCall(std::uint64_t& raw) const {
  if (functions_->DeviceGetTotalEnergyConsumption == nullptr) {
    return nvml::kFunctionNotFound;
  }
  unsigned long long millijoules = 0;
  const int code = functions_->DeviceGetTotalEnergyConsumption(device_.handle, &millijoules);
  raw = millijoules;
  return code;
}

int NvmlGpu::ReadPowerCall(std::uint64_t& raw) const {
  if (functions_->DeviceGetPowerUsage == nullptr) {
    return nvml::kFunctionNotFound;
  }
  unsigned milliwatts = 0;
  const int code = functions_->DeviceGetPowerUsage(device_.handle, &milliwatts);
  raw = milliwatts;
  return code == nvml::kSuccess && raw == 0 ? nvml::kUnknown : code;
}

int NvmlGpu::ReadRoute(std::uint64_t& raw) const {
  const bool is_power = route_.quantity != Quantity::kEnergy;
  if (route_.field) {
    return ReadOne(*route_.field, is_power, raw);
  }
  return is_power ? ReadPowerCall(raw) : ReadEnergyCall(raw);
}

Flags NvmlGpu::ThrottleFlags(MonotonicTime now) {
  Flags flags = 0;
  std::uint64_t ns = 0;
  throttle_.Begin(now);
  if (power_cap_time_ && ReadOne(*power_cap_time_, false, ns) == nvml::kSuccess) {
    flags |= throttle_.Add(fields_[*power_cap_time_].field_id, ns, kFlagPowerCapped);
  }
  for (const std::size_t field : thermal_times_) {
    if (ReadOne(field, false, ns) == nvml::kSuccess) {
      flags |= throttle_.Add(fields_[field].field_id, ns, kFlagThermalThrottled);
    }
  }
  const bool has_all_times = power_cap_time_ && !thermal_times_.empty();
  unsigned long long reasons = 0;
  if (has_all_times || functions_->DeviceGetCurrentClocksEventReasons == nullptr ||
      functions_->DeviceGetCurrentClocksEventReasons(device_.handle, &reasons) != nvml::kSuccess) {
    return flags;
  }
  constexpr unsigned long long kThermal = nvml::kReasonHardwareSlowdown |
                                          nvml::kReasonSoftwareThermal |
                                          nvml::kReasonHardwareThermal | nvml::kReasonPowerBrake;
  flags |= (reasons & kThermal) != 0 ? kFlagThermalThrottled : 0;
  flags |= (reasons & nvml::kReasonPowerCap) != 0 ? kFlagPowerCapped : 0;
  return flags;
}

// Of the sensor on the die (0).
std::optional<std::int32_t> NvmlGpu::ReadMillicelsius() const {
  unsigned celsius = 0;
  if (functions_->DeviceGetTemperature == nullptr ||
      functions_->DeviceGetTemperature(device_.handle, 0, &celsius) != nvml::kSuccess) {
    return std::nullopt;
  }
  return PlausibleMillicelsius(celsius * std::int64_t{1'000});
}

void NvmlGpu::Compare(MonotonicTime now, const ChannelValue& value) {
  std::uint64_t milliwatts = 0;
  if (value.fault == ReadFault::kLost) {
    watch_.Restart();
    throttle_.Restart();
  } else if (power_beside_ && value.fault == ReadFault::kNone &&
             ReadOne(*power_beside_, true, milliwatts) == nvml::kSuccess) {
    watch_.Add(now, static_cast<double>(value.raw) * 1e-3, static_cast<double>(milliwatts) * 1e-3);
  }
}

ChannelValue NvmlGpu::Read(MonotonicTime now) {
  ChannelValue value;
  fields_code_ = ReadFields();
  value.fault = FaultOf(ReadRoute(value.raw));
  value.flags = device_flags_ | ThrottleFlags(now);
  Compare(now, value);
  value.flags |= watch_.is_suspect() ? kFlagCounterSuspect : 0;
  if (spec_.has_temperature && temperature_.IsDue(now)) {
    value.millicelsius = ReadMillicelsius();
  }
  return value;
}

}  // namespace wattfleet::agent
