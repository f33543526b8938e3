#include "common/energy/phase_shares.h"

#include <algorithm>
#include <cstddef>

#include "common/energy/wide_integer.h"

namespace wattfleet {

namespace {

constexpr std::size_t kSharesKept = 1'024;
constexpr std::int64_t kLeastPeriods = 5;
constexpr std::int64_t kLeastIntervals = 5;

}  // namespace

void PhaseShares::Add(std::int64_t from_ns, std::int64_t overlap_ns, Microjoules share) {
  ++added_;
  if (shares_.size() < kSharesKept) {
    shares_.push_back({from_ns, overlap_ns, share});
  }
}

std::optional<Microjoules> PhaseShares::Prefill(const PhaseSpan& span,
                                                std::chrono::nanoseconds sensor_period) const {
  const std::int64_t least_ns = kLeastPeriods * sensor_period.count();
  if (span.first_token_ns - span.start_ns < least_ns ||
      span.end_ns - span.first_token_ns < least_ns) {
    return std::nullopt;
  }
  Microjoules used = 0;
  std::int64_t covered_ns = 0;
  std::int64_t touched = 0;
  for (const Share& share : shares_) {
    const std::int64_t before_ns = std::min(share.overlap_ns, span.first_token_ns - share.from_ns);
    if (before_ns <= 0) {
      break;
    }
    ++touched;
    covered_ns += before_ns;
    used += before_ns == share.overlap_ns
                ? share.energy
                : static_cast<Microjoules>(static_cast<Int128>(share.energy) * before_ns /
                                           share.overlap_ns);
  }
  // Of those touched, one may be cut by the start and one by the first token.
  const bool is_resolved =
      touched >= kLeastIntervals + 2 && added_ - touched >= kLeastIntervals + 1;
  const bool is_covered = covered_ns == span.first_token_ns - span.start_ns;
  return is_resolved && is_covered ? std::optional(used) : std::nullopt;
}

}  // namespace wattfleet
