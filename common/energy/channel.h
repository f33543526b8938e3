#ifndef WF_COMMON_ENERGY_CHANNEL_H_
#define WF_COMMON_ENERGY_CHANNEL_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/domain/energy.h"
#include "common/domain/flags.h"

namespace wattfleet {

// What one raw value means. Each kind has its own reducer; kinds are never mixed.
enum class SampleKind {
  kCounter,         // energy since some unknown start
  kIntervalEnergy,  // energy over a stated span that ends at the reading
  kPowerInstant,    // power now, or over a window far shorter than the time between readings
  kPowerAverage,    // mean power over a window that ends at the reading
};

// Microjoules (for power: microwatts) per raw unit, as an exact fraction.
struct RawUnit {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  bool operator==(const RawUnit&) const = default;
};

// One energy-bearing quantity of a source: everything that its reducer and an audit must know.
struct ChannelSpec {
  std::string name;  // unique on the agent, e.g. "nvml/GPU-1b2c.../energy"
  SampleKind kind = SampleKind::kCounter;
  Scope scope = Scope::kAccelerator;
  std::string device_id;  // the accelerator it belongs to; empty: the whole host
  RawUnit unit;
  std::chrono::nanoseconds update_period{0};  // how often the hardware changes the value
  std::chrono::nanoseconds window{0};         // kPowerAverage: the mean's window
  std::optional<std::uint64_t> modulus;       // kCounter that wraps: raw value after which it is 0
  double max_watts = 2000;                    // more than this is not this device
  // True when a counter may honestly stand still (a modelled one at idle).
  bool may_stand_still = false;
  // True when the sensor sees only part of the time, or nobody knows (10-100 ms of each 100 ms on
  // data-centre GPUs): widens the uncertainty of edges to the update period.
  bool part_time = false;
  // Its source tells a temperature of the device now and then.
  bool has_temperature = false;
  std::string facts_json;  // unit, versions and so on, one JSON object
};

enum class ReadFault : std::uint8_t {
  kNone,
  kUnavailable,  // no value this time; the next may have one
  kLost,         // the device or file is gone
};

// What one channel said in one reading.
struct ChannelValue {
  std::uint64_t raw = 0;
  std::chrono::nanoseconds elapsed{0};  // kIntervalEnergy: the span that `raw` covers
  Flags flags = 0;                      // e.g. MIG_SHARED
  ReadFault fault = ReadFault::kUnavailable;
  // Of the device, in thousandths of a degree Celsius, where this reading brought it. Energy does
  // not depend on it, and traces do without.
  std::optional<std::int32_t> millicelsius;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_CHANNEL_H_
