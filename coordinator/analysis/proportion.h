#ifndef WF_COORDINATOR_ANALYSIS_PROPORTION_H_
#define WF_COORDINATOR_ANALYSIS_PROPORTION_H_

#include <cstdint>
#include <optional>
#include <span>

#include "coordinator/analysis/estimate.h"

namespace wattfleet::coordinator {

// The 0.975 quantile of the standard normal distribution.
inline constexpr double kZ95 = 1.959963984540054;

// Wilson's 95 % score interval (Wilson 1927) for `successes` of `trials`; nullopt without trials.
std::optional<Estimate> Wilson(double successes, double trials);

// Queries alike in what their repetitions added to a proportion's numerator and denominator.
struct ClusterCell {
  std::int64_t numerator = 0;
  std::int64_t denominator = 0;
  std::int64_t queries = 0;
};

// The seed of every bootstrap of a report; printed in it.
inline constexpr std::uint64_t kBootstrapSeed = 20261120;
// Above this many queries the interval is the normal approximation of the ratio's linearisation.
inline constexpr std::int64_t kBootstrapQueriesMax = 5000;
inline constexpr std::int64_t kBootstrapQueriesMin = 20;

// The proportion sum(numerator) / sum(denominator) over repeated queries, with the percentile
// interval of a bootstrap that resamples whole queries (2,000 resamples, kBootstrapSeed), since
// repetitions of one query are not independent. Where resampling says too little (fewer than
// kBootstrapQueriesMin queries, or all of them alike) it is Wilson's interval with one trial per
// query, which is never too narrow. nullopt when the denominators sum to 0.
std::optional<Estimate> ClusteredProportion(std::span<const ClusterCell> cells);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_PROPORTION_H_
