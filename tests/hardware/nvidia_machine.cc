#include "tests/hardware/nvidia_machine.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#include "agent/energy/open_energy_meter.h"
#include "agent/power/nvml/nvml_power_source.h"
#include "common/status/status_macros.h"

namespace wattfleet::hardware {

namespace {

namespace nvml = agent::nvml;

constexpr std::chrono::milliseconds kReadEvery(2);

std::int64_t Nanoseconds(MonotonicTime at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

std::optional<double> Number(const nvml::FieldValue& field) {
  switch (field.value_type) {
    case nvml::kDouble:
      return field.value.d;
    case nvml::kUnsignedInt:
      return field.value.ui;
    case nvml::kUnsignedLong:
      return static_cast<double>(field.value.ul);
    case nvml::kUnsignedLongLong:
      return static_cast<double>(field.value.ull);
    case nvml::kSignedLongLong:
      return static_cast<double>(field.value.sll);
    case nvml::kSignedInt:
      return field.value.si;
    default:
      return std::nullopt;
  }
}

}  // namespace

void Pause(std::chrono::nanoseconds span) {
  absl::Notification never;
  never.WaitForNotificationWithTimeout(absl::FromChrono(span));
}

absl::StatusOr<std::unique_ptr<NvidiaMachine>> NvidiaMachine::Open(const std::string& nvml_library,
                                                                   std::size_t gpu,
                                                                   const Clock& clock) {
  WF_ASSIGN_OR_RETURN(auto library, agent::NvmlLibrary::Open(nvml_library));
  if (gpu >= library->devices().size()) {
    return absl::NotFoundError(absl::StrCat("there is no GPU ", gpu));
  }
  return std::unique_ptr<NvidiaMachine>(
      new NvidiaMachine(nvml_library, std::move(library), gpu, clock));
}

NvidiaMachine::NvidiaMachine(std::string path, std::unique_ptr<agent::NvmlLibrary> library,
                             std::size_t gpu, const Clock& clock)
    : path_(std::move(path)),
      library_(std::move(library)),
      gpu_(&library_->devices()[gpu]),
      clock_(clock) {}

int NvidiaMachine::ReadField(unsigned field, unsigned scope, double& value) const {
  const nvml::Functions& functions = library_->functions();
  if (functions.DeviceGetFieldValues == nullptr) {
    return nvml::kFunctionNotFound;
  }
  nvml::FieldValue read{};
  read.field_id = field;
  read.scope_id = scope;
  const int code = functions.DeviceGetFieldValues(gpu_->handle, 1, &read);
  if (code != nvml::kSuccess || read.return_code != nvml::kSuccess) {
    return code != nvml::kSuccess ? code : read.return_code;
  }
  const std::optional<double> number = Number(read);
  value = number.value_or(0);
  return number ? nvml::kSuccess : nvml::kUnknown;
}

FieldSeries NvidiaMachine::Watch(unsigned field, std::chrono::nanoseconds span,
                                 GpuWork* work) const {
  FieldSeries series;
  std::jthread reader([&] {
    const MonotonicTime end = clock_.MonotonicNow() + span;
    while (clock_.MonotonicNow() < end) {
      const std::int64_t before = Nanoseconds(clock_.MonotonicNow());
      double value = 0;
      const int code = ReadField(field, nvml::kScopeGpu, value);
      const std::int64_t after = Nanoseconds(clock_.MonotonicNow());
      series.call_us.push_back(static_cast<double>(after - before) * 1e-3);
      if (code == nvml::kSuccess) {
        series.values.push_back({before + (after - before) / 2, value});
      }
      Pause(kReadEvery);
    }
  });
  if (work != nullptr) {
    work->RunFor(span);
  }
  reader.join();
  return series;
}

std::optional<double> NvidiaMachine::MeanWatts(std::chrono::nanoseconds span, GpuWork* work) const {
  const std::vector<TimedValue> values = Watch(nvml::kFieldTotalEnergy, span, work).values;
  if (values.size() < 2 || values.back().value <= values.front().value) {
    return std::nullopt;
  }
  // From the first change to the last.
  const TimedValue* first = nullptr;
  const TimedValue* last = nullptr;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i].value != values[i - 1].value) {
      first = first == nullptr ? &values[i] : first;
      last = &values[i];
    }
  }
  if (first == nullptr || last->at_ns <= first->at_ns) {
    return std::nullopt;
  }
  const double joules = (last->value - first->value) * 1e-3;
  return joules / (static_cast<double>(last->at_ns - first->at_ns) * 1e-9);
}

absl::StatusOr<std::unique_ptr<agent::Sampler>> NvidiaMachine::NewSampler() const {
  agent::PowerPaths paths;
  paths.nvml_library = path_;
  WF_ASSIGN_OR_RETURN(auto source, agent::NvmlPowerSource::Open({"nvml", {}}, paths));
  return std::make_unique<agent::Sampler>(std::move(source), clock_);
}

absl::StatusOr<std::unique_ptr<agent::EnergyMeter>> NvidiaMachine::StartMeter() const {
  agent::PowerConfig config;
  config.automatic = false;
  config.sources = {{"nvml", {}}};
  config.paths.nvml_library = path_;
  return agent::OpenEnergyMeter(config, {}, clock_);
}

}  // namespace wattfleet::hardware
