#ifndef WF_COMMON_ENERGY_INTERVAL_CHAIN_H_
#define WF_COMMON_ENERGY_INTERVAL_CHAIN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "common/domain/flags.h"
#include "common/energy/interval.h"
#include "common/energy/wide_integer.h"

namespace wattfleet {

// The growing end of a channel's intervals: makes sure that each starts where the one before ended
// and that no fraction of a microjoule is lost. What reducers build on.
class IntervalChain {
 public:
  // `max_watts`: an interval of higher mean power is not believed.
  explicit IntervalChain(double max_watts) : max_watts_(max_watts) {}

  // Where the next interval starts; absent before Begin.
  std::optional<std::int64_t> edge_ns() const { return edge_ns_; }
  // Sets the first edge, where there is none.
  void Begin(std::int64_t at_ns) { edge_ns_ = edge_ns_.value_or(at_ns); }

  // Appends [edge, end) with the energy of numerator/denominator microjoules (>= 0) and the
  // remainder so far. What no device draws becomes a hole flagged IMPLAUSIBLE. Nothing when `end`
  // is not after the edge, except that the energy is kept for the next interval.
  void Append(std::int64_t end_ns, Int128 numerator, Int128 denominator, Flags flags,
              std::vector<EnergyInterval>& out);
  // Appends [edge, end) with its energy unknown; forgets the remainder.
  void AppendHole(std::int64_t end_ns, Flags flags, std::vector<EnergyInterval>& out);

  // Whether `microjoules` within `ns` is more than the device can draw.
  bool IsImplausible(double microjoules, std::int64_t ns) const;

 private:
  double max_watts_;
  std::optional<std::int64_t> edge_ns_;
  Microjoules kept_ = 0;  // from readings that came with no time passed
  Int128 remainder_ = 0;  // in units of 1/remainder_denominator_ microjoules
  Int128 remainder_denominator_ = 1;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_INTERVAL_CHAIN_H_
