#include "common/energy/largest_remainder.h"

#include <algorithm>
#include <cstddef>

#include "common/check/check.h"
#include "common/energy/wide_integer.h"

namespace wattfleet {

void LargestRemainder::Split(Microjoules amount, std::span<Portion> portions) {
  WF_CHECK(amount >= 0);
  Int128 total_weight = 0;
  for (Portion& portion : portions) {
    portion.share = 0;
    total_weight += portion.weight;
  }
  if (amount == 0) {
    return;
  }
  WF_CHECK(total_weight > 0);

  ranked_.clear();
  Microjoules left = amount;
  for (Portion& portion : portions) {
    if (portion.weight == 0) {
      continue;
    }
    const Int128 quota = static_cast<Int128>(amount) * portion.weight;
    portion.share = static_cast<Microjoules>(quota / total_weight);
    portion.carry += static_cast<double>(quota % total_weight) / static_cast<double>(total_weight);
    left -= portion.share;
    ranked_.push_back(&portion);
  }
  std::sort(ranked_.begin(), ranked_.end(), [](const Portion* a, const Portion* b) {
    return a->carry != b->carry ? a->carry > b->carry : a->order < b->order;
  });
  // The floors drop less than one each, so there is at most one for each party but the last.
  for (std::size_t i = 0; i < static_cast<std::size_t>(left); ++i) {
    ++ranked_[i]->share;
    ranked_[i]->carry -= 1;
  }
  for (Portion* portion : ranked_) {
    portion->carry = std::clamp(portion->carry, -1.0, 1.0);
  }
}

}  // namespace wattfleet
