#ifndef WF_COMMON_ENERGY_ALLOC_V1_H_
#define WF_COMMON_ENERGY_ALLOC_V1_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/domain/energy.h"
#include "common/energy/interval.h"
#include "common/energy/largest_remainder.h"

namespace wattfleet {

// One request as the allocation sees it on one channel: the span in which it was present, and what
// rounding still owes it.
struct Presence {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;     // exclusive; beyond every interval while in flight
  std::uint64_t sequence = 0;  // decides ties; unique among the requests of a channel
  double static_carry = 0;
  double dynamic_carry = 0;
  // Set by Allocate, for the interval at hand:
  std::int64_t overlap_ns = 0;
  Microjoules static_share = 0;   // of what the channel draws when idle
  Microjoules dynamic_share = 0;  // of what it draws above that; the net energy
  bool shared = false;            // not alone for all of its overlap
};

// How one interval was split besides the shares: energy = idle + sum of static and dynamic shares,
// exactly.
struct Allocation {
  Microjoules idle = 0;
  std::int64_t busy_ns = 0;  // with at least one request present
  std::int64_t idle_ns = 0;
};

// The attribution method `alloc-v1`: splits each energy interval among idle and the requests
// present in it, in whole microjoules, conserving all of them. With T the interval's length, dE its
// energy and P0 the loaded-idle power:
//
//   E_idle = dE when nobody is present, 0 when somebody is throughout, else min(dE, P0 x idle);
//            with P0 unknown dE x idle / T
//   S = min(dE - E_idle, P0 x busy)         static part; 0 with P0 unknown
//   Y = dE - E_idle - S                     dynamic part
//   p_i = (integral over i's presence of dt / n(t)) / busy, n = number present
//   E_i = S x p_i + Y x p_i                 rounded by largest remainder
//
// Presence is the only weight (energy.md 5.3: token weights wait for a calibration).
// Keeps its working memory between calls; allocates nothing once warm.
class AllocV1 {
 public:
  // Splits `interval`, whose energy is >= 0, and sets the last four members of each presence.
  // `idle_uw` is P0 in microwatts, where known.
  Allocation Allocate(const EnergyInterval& interval, std::optional<std::int64_t> idle_uw,
                      std::span<Presence* const> presences);

 private:
  struct Event {
    std::int64_t at_ns;
    std::size_t presence;
    bool starts;
  };
  // Sets overlaps and portions_' weights; returns the time with at least one present.
  std::int64_t Weigh(const EnergyInterval& interval, std::span<Presence* const> presences);

  std::vector<Event> events_;
  std::vector<Portion> portions_;
  LargestRemainder split_;
};

// Power x time in whole microjoules, to the nearest.
Microjoules EnergyOf(std::int64_t microwatts, std::int64_t ns);

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_ALLOC_V1_H_
