#include "coordinator/analysis/weighted_coverage.h"

#include <algorithm>
#include <cmath>

namespace wattfleet::coordinator {

std::optional<Estimate> WeightedCoverage(std::span<const WeightedTally> subjects) {
  double total = 0;
  double sum = 0;
  double below = 0;
  double above = 0;
  for (const WeightedTally& subject : subjects) {
    const std::optional<Estimate> coverage = subject.outcomes->Coverage();
    if (!coverage) {
      continue;
    }
    total += subject.weight;
    sum += subject.weight * coverage->value;
    below += std::pow(subject.weight * (coverage->value - coverage->low.value_or(0)), 2);
    above += std::pow(subject.weight * (coverage->high.value_or(1) - coverage->value), 2);
  }
  if (total <= 0) {
    return std::nullopt;
  }
  return Estimate{.value = sum / total,
                  .low = std::max(0.0, (sum - std::sqrt(below)) / total),
                  .high = std::min(1.0, (sum + std::sqrt(above)) / total),
                  .note = {}};
}

}  // namespace wattfleet::coordinator
