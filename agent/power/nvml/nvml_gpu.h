#ifndef WF_AGENT_POWER_NVML_NVML_GPU_H_
#define WF_AGENT_POWER_NVML_NVML_GPU_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/power/counter_check.h"
#include "agent/power/nvml/nvml_library.h"
#include "agent/power/temperature_pace.h"
#include "agent/power/throttle_times.h"
#include "common/energy/channel.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// The sensor of one GPU. Its energy, its power beside it and the time it was held back come by one
// nvmlDeviceGetFieldValues call; what this version of the library has no field for, by a call of
// its own.
class NvmlGpu {
 public:
  // By the best that the GPU offers: its energy counter as a field (of the GPU, or of the whole
  // module where the GPU alone has none), the counter's own call, instantaneous power, mean power
  // of 1 s. Nothing when it offers none. `library` outlives it.
  static std::optional<NvmlGpu> Find(const NvmlLibrary& library, const NvmlDevice& device);

  const ChannelSpec& spec() const { return spec_; }

  // MIG_SHARED, THERMAL_THROTTLED, POWER_CAPPED and COUNTER_SUSPECT come with the value, and
  // once a second the temperature.
  ChannelValue Read(MonotonicTime now);

 private:
  enum class Quantity { kEnergy, kPower, kMeanPower };
  // What the channel's value is and where it comes from.
  struct Route {
    Quantity quantity = Quantity::kEnergy;
    std::optional<std::size_t> field;  // place in fields_; absent: by its own call
    std::string name;
  };

  NvmlGpu(const NvmlLibrary& library, const NvmlDevice& device);
  // Chooses fields_, route_ and the rest by what `offered` has; false when there is nothing.
  bool Choose(const std::vector<nvml::FieldValue>& offered);
  std::optional<std::size_t> Take(const std::vector<nvml::FieldValue>& offered, unsigned id,
                                  unsigned scope);
  bool ChooseRoute(const std::vector<nvml::FieldValue>& offered);
  void ChooseThrottle(const std::vector<nvml::FieldValue>& offered);
  void Describe();
  std::string FactsJson() const;

  // NVML's return codes.
  int ReadFields();
  int ReadEnergyCall(std::uint64_t& raw) const;
  int ReadPowerCall(std::uint64_t& raw) const;
  int ReadRoute(std::uint64_t& raw) const;
  int ReadOne(std::size_t field, bool is_power, std::uint64_t& raw) const;

  Flags ThrottleFlags(MonotonicTime now);
  std::optional<std::int32_t> ReadMillicelsius() const;
  void Compare(MonotonicTime now, const ChannelValue& value);

  const nvml::Functions* functions_;
  const NvmlLibrary* library_;
  NvmlDevice device_;
  bool is_module_ = false;
  Flags device_flags_ = 0;
  std::vector<nvml::FieldValue> fields_;  // read by one call; ids and scopes are set
  int fields_code_ = nvml::kSuccess;      // of the last such call
  Route route_;
  std::optional<std::size_t> power_beside_;  // instantaneous power, to check an energy counter
  std::optional<std::size_t> power_cap_time_;
  std::vector<std::size_t> thermal_times_;
  ThrottleTimes throttle_;
  TemperaturePace temperature_;
  CounterWatch watch_;
  ChannelSpec spec_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_NVML_NVML_GPU_H_
