#ifndef WF_COMMON_ENERGY_LARGEST_REMAINDER_H_
#define WF_COMMON_ENERGY_LARGEST_REMAINDER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "common/domain/energy.h"

namespace wattfleet {

// One party to a split. Weight 0 gets nothing.
struct Portion {
  std::uint64_t weight = 0;
  std::uint64_t order = 0;  // ties go to the lower
  // What earlier splits still owe this party (positive) or gave it too much, below 1 microjoule.
  // Keeps parties of equal weight within 1 microjoule of each other over any number of splits.
  double carry = 0;
  Microjoules share = 0;  // set by Split
};

// Splits whole microjoules by weight so that the shares sum to the amount exactly: each party gets
// the floor of its quota, the rest goes one by one to the largest remainders (plus carry). Keeps
// its working memory between calls.
class LargestRemainder {
 public:
  // `amount` >= 0; the weights sum to more than 0, and to less than 2^62, unless `amount` is 0.
  void Split(Microjoules amount, std::span<Portion> portions);

 private:
  std::vector<Portion*> ranked_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_LARGEST_REMAINDER_H_
