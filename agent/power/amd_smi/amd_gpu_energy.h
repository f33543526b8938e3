#ifndef WF_AGENT_POWER_AMD_SMI_AMD_GPU_ENERGY_H_
#define WF_AGENT_POWER_AMD_SMI_AMD_GPU_ENERGY_H_

#include <cstdint>
#include <optional>

#include "agent/power/counter_check.h"
#include "common/energy/channel.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// What one reading of a GPU brought.
struct AmdGpuSample {
  MonotonicTime at{};
  std::optional<std::uint64_t> count;  // the energy counter
  std::optional<double> watts;
  bool is_lost = false;
};

// One GPU's energy as a running count: by its own counter once that has agreed with power under
// load (CounterTrial), by integrating power until then, and for good, flagged COUNTER_REJECTED,
// when it fails. The counters of some GPUs and ROCm versions stand still or are wrong by a factor
// of 100 (amdsmi issues 22 and 38), so that none is taken on trust.
class AmdGpuEnergy {
 public:
  // `unit`: of the counter, and of the running count. `is_short`: the counter wraps at 2^32.
  AmdGpuEnergy(RawUnit unit, bool is_short) : unit_(unit), is_short_(is_short) {}

  // The next reading, in time order. The count steps back, flagged COUNTER_RESET, when the counter
  // did; COUNTER_SUSPECT: see CounterWatch. kLost: the time since the last reading is unknown.
  ChannelValue Add(const AmdGpuSample& sample);

  CounterTrial::Verdict verdict() const { return trial_.verdict(); }

 private:
  ReadFault AddPower(const AmdGpuSample& sample);
  void Advance(const AmdGpuSample& sample, ChannelValue& value);
  void Forget();
  double Joules(std::uint64_t count) const;

  RawUnit unit_;
  bool is_short_;
  CounterTrial trial_;
  CounterWatch watch_;
  std::uint64_t total_ = 0;
  double fraction_ = 0;  // of a count, left over from power
  std::optional<std::uint64_t> last_count_;
  std::optional<double> last_watts_;
  MonotonicTime last_power_{};
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_AMD_SMI_AMD_GPU_ENERGY_H_
