#ifndef WF_COMMON_DOMAIN_ENERGY_H_
#define WF_COMMON_DOMAIN_ENERGY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/flags.h"
#include "common/domain/scope.h"

namespace wattfleet {

using Microjoules = std::int64_t;

// Of one result on one channel. Stored as integers: values are never reused.
enum class EnergyStatus {
  kMeasured = 0,
  kPartial = 1,       // some channel of the class is missing
  kInvalid = 2,       // a flag that spoils energy
  kUnmeasurable = 3,  // nothing to measure with
  kModelled = 4,      // computed from utilisation and configured watts, never measured
  kImported = 5,      // as a recording says
};

// Describes one channel. `facts_json` carries everything else that an audit needs: units, update
// period, driver, library version. Reports read of it, where given: model (what a modelled channel
// computes), systematic_relative (the sensor's relative error that does not average out).
struct ChannelFacts {
  std::string name;    // unique on its agent, e.g. "nvml/GPU-1b2c.../energy"
  std::string source;  // "nvml", "rapl", "modelled"
  Scope scope = Scope::kAccelerator;
  std::string facts_json;
  bool operator==(const ChannelFacts&) const = default;
};

// Energy of one result on one channel. A value is absent when it is not known.
struct ChannelEnergy {
  std::uint32_t channel = 0;  // index into the batch's channels
  EnergyStatus status = EnergyStatus::kUnmeasurable;
  std::optional<Microjoules> gross;
  std::optional<Microjoules> net;     // above the loaded-idle baseline
  std::optional<Microjoules> random;  // 1 u, random part
  // Of `gross`, what was used before the first token; the rest is decode. Absent where the sensor
  // is too slow to tell the two apart.
  std::optional<Microjoules> prefill;
  std::int64_t samples = 0;
  std::optional<std::int64_t> max_gap_ns;
  std::optional<std::int64_t> covered_ppm;
  Flags flags = 0;
  // Which loaded-idle baseline it was settled with: its id, unique on its channel.
  std::optional<std::int64_t> baseline_id;
  bool operator==(const ChannelEnergy&) const = default;
};

// Per lease and channel: total = attributed + idle + uncounted + unassigned, exactly.
// `attributed` is the sum over the results of this lease that the agent reported on this channel.
struct LedgerEntry {
  std::uint32_t channel = 0;
  Microjoules total = 0;
  Microjoules attributed = 0;
  Microjoules idle = 0;
  Microjoules uncounted = 0;                // failed, retried and duplicate work
  Microjoules unassigned = 0;               // e.g. of results whose energy is invalid
  std::optional<std::int64_t> baseline_uw;  // loaded-idle power, microwatts
  std::optional<std::int64_t> baseline_id;  // of that baseline
  bool operator==(const LedgerEntry&) const = default;

  bool Balances() const { return total == attributed + idle + uncounted + unassigned; }
};

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_ENERGY_H_
