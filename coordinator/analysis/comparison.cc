#include "coordinator/analysis/comparison.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

#include "coordinator/analysis/proportion.h"

namespace wattfleet::coordinator {

PairedOutcomes Compare(const PairOutcomes& a, const PairOutcomes& b) {
  const QuerySet common = a.decided & b.decided;
  return {.queries = common.Count(),
          .only_a = ((a.solved & common) - b.solved).Count(),
          .only_b = ((b.solved & common) - a.solved).Count()};
}

std::optional<Estimate> AccuracyDifference(const PairedOutcomes& outcomes) {
  if (outcomes.queries == 0) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(outcomes.queries);
  const auto only_a = static_cast<double>(outcomes.only_a);
  const auto only_b = static_cast<double>(outcomes.only_b);
  const double share_a = (only_a + 1) / (n + 2);
  const double share_b = (only_b + 1) / (n + 2);
  const double centre = share_a - share_b;
  const double half = kZ95 * std::sqrt((share_a + share_b - centre * centre) / (n + 2));
  return Estimate{.value = (only_a - only_b) / n,
                  .low = std::max(-1.0, centre - half),
                  .high = std::min(1.0, centre + half),
                  .note = {}};
}

double McNemarExact(std::int64_t only_a, std::int64_t only_b) {
  const std::int64_t n = only_a + only_b;
  const std::int64_t fewer = std::min(only_a, only_b);
  // From the largest term down; terms below the last bit of the sum change nothing.
  double term = std::exp(
      std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(fewer) + 1) -
      std::lgamma(static_cast<double>(n - fewer) + 1) - static_cast<double>(n) * std::numbers::ln2);
  double tail = 0;
  for (std::int64_t k = fewer; k >= 0 && term > tail * 1e-17; --k) {
    tail += term;
    term *= static_cast<double>(k) / static_cast<double>(n - k + 1);
  }
  return std::min(1.0, 2 * tail);
}

std::vector<double> HolmAdjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double floor = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double scaled = static_cast<double>(p.size() - rank) * p[order[rank]];
    floor = std::max(floor, std::min(1.0, scaled));
    adjusted[order[rank]] = floor;
  }
  return adjusted;
}

std::optional<int> QuantizationBits(std::string_view quantization) {
  for (std::size_t i = 0; i < quantization.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(quantization[i])) == 0) {
      continue;
    }
    int bits = 0;
    for (; i < quantization.size() &&
           std::isdigit(static_cast<unsigned char>(quantization[i])) != 0 && bits < 100;
         ++i) {
      bits = bits * 10 + (quantization[i] - '0');
    }
    return bits >= 1 && bits <= 32 ? std::optional<int>(bits) : std::nullopt;
  }
  return std::nullopt;
}

WeightsMatch MatchWeights(std::string_view digest_a, std::string_view digest_b,
                          std::string_view quantization_a, std::string_view quantization_b) {
  if (!digest_a.empty() && digest_a == digest_b) {
    return WeightsMatch::kSameWeights;
  }
  if (quantization_a.empty() || quantization_b.empty()) {
    return WeightsMatch::kSameBaseModel;
  }
  const std::optional<int> bits_a = QuantizationBits(quantization_a);
  const bool is_same_class =
      quantization_a == quantization_b || (bits_a && bits_a == QuantizationBits(quantization_b));
  return is_same_class ? WeightsMatch::kSameQuantizationClass : WeightsMatch::kSameBaseModel;
}

}  // namespace wattfleet::coordinator
