#ifndef WF_COORDINATOR_ANALYSIS_COMPARISON_H_
#define WF_COORDINATOR_ANALYSIS_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "coordinator/analysis/estimate.h"
#include "coordinator/analysis/union_coverage.h"

namespace wattfleet::coordinator {

// Below this Holm-adjusted p two accelerators disagree in accuracy on one build.
inline constexpr double kDisagreementP = 0.05;

// Two pairs over the queries that both have decided.
struct PairedOutcomes {
  std::int64_t queries = 0;
  std::int64_t only_a = 0;  // solved by a alone
  std::int64_t only_b = 0;
};
PairedOutcomes Compare(const PairOutcomes& a, const PairOutcomes& b);

// Accuracy of a minus that of b, with Bonett and Price's (2012) adjusted interval for paired
// proportions; nullopt without common queries.
std::optional<Estimate> AccuracyDifference(const PairedOutcomes& outcomes);

// Exact two-sided McNemar test: the chance that a fair coin splits the discordant queries at least
// as unevenly. 1 when there are none.
double McNemarExact(std::int64_t only_a, std::int64_t only_b);

// Holm's (1979) adjusted p values, aligned with `p`.
std::vector<double> HolmAdjusted(std::span<const double> p);

// How alike the weights of two pairs of one base model are.
enum class WeightsMatch { kSameWeights, kSameQuantizationClass, kSameBaseModel };

// Bits per weight that a quantization's name speaks of ("q4_k_m", "awq-int4": 4; "bf16": 16);
// nullopt when it names none.
std::optional<int> QuantizationBits(std::string_view quantization);

// By the sealed digests where both are known, else by the quantization. Digests that differ never
// make the same weights; engines name one set of weights differently, so equal names do not either.
WeightsMatch MatchWeights(std::string_view digest_a, std::string_view digest_b,
                          std::string_view quantization_a, std::string_view quantization_b);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_COMPARISON_H_
