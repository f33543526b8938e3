#ifndef WF_COMMON_ENERGY_PHASE_SHARES_H_
#define WF_COMMON_ENERGY_PHASE_SHARES_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/domain/energy.h"

namespace wattfleet {

// When a request was sent, when its first token came, and when its last did.
struct PhaseSpan {
  std::int64_t start_ns = 0;
  std::int64_t first_token_ns = 0;
  std::int64_t end_ns = 0;
};

// One request's shares of the first intervals that it was present in: what its prefill used is
// told from them once the moment of its first token is known, which engines' clients learn late.
class PhaseShares {
 public:
  // The share of an interval with which the request overlaps from `from_ns` for `overlap_ns`, in
  // time order. Those beyond the first 1,024 are not kept.
  void Add(std::int64_t from_ns, std::int64_t overlap_ns, Microjoules share);

  // What was used before the first token: whole intervals, and of the one that it came in the part
  // by time. Nothing unless both phases last at least 5 sensor periods and hold 5 whole intervals,
  // and all of the prefill was measured. Off by (P_prefill - P_decode) x interval / 6 on average.
  std::optional<Microjoules> Prefill(const PhaseSpan& span,
                                     std::chrono::nanoseconds sensor_period) const;

 private:
  struct Share {
    std::int64_t from_ns = 0;
    std::int64_t overlap_ns = 0;
    Microjoules energy = 0;
  };
  std::vector<Share> shares_;
  std::int64_t added_ = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_PHASE_SHARES_H_
