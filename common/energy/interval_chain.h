#ifndef WF_COMMON_ENERGY_INTERVAL_CHAIN_H_
#define WF_COMMON_ENERGY_INTERVAL_CHAIN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "common/domain/flags.h"
#include "common/energy/interval.h"
#include "common/energy/reducer_state.h"
#include "common/energy/wide_integer.h"

namespace wattfleet {

// The growing end of a channel's intervals: makes sure that each starts where the one before ended
// and that no fraction of a microjoule is lost. What reducers build on.
class IntervalChain {
 public:
  // `max_watts`: an interval of higher mean power is not believed.
  explicit IntervalChain(double max_watts) : max_watts_(max_watts) {}

  // Where the next interval starts; absent before Begin.
  std::optional<std::int64_t> edge_ns() const { return state_.edge_ns; }
  // Sets the first edge, where there is none.
  void Begin(std::int64_t at_ns) { state_.edge_ns = state_.edge_ns.value_or(at_ns); }

  // Appends [edge, end) with the energy of numerator/denominator microjoules (>= 0) and the
  // remainder so far. What no device draws becomes a hole flagged IMPLAUSIBLE. Nothing when `end`
  // is not after the edge, except that the energy is kept for the next interval.
  void Append(std::int64_t end_ns, Int128 numerator, Int128 denominator, Flags flags,
              std::vector<EnergyInterval>& out);
  // Appends [edge, end) with its energy unknown; forgets the remainder.
  void AppendHole(std::int64_t end_ns, Flags flags, std::vector<EnergyInterval>& out);

  const ChainState& state() const { return state_; }
  void Restore(const ChainState& state) { state_ = state; }

  // Whether `microjoules` within `ns` is more than the device can draw.
  bool IsImplausible(double microjoules, std::int64_t ns) const;

 private:
  double max_watts_;
  ChainState state_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_INTERVAL_CHAIN_H_
