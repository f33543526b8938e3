#ifndef WF_COORDINATOR_ANALYSIS_BLOCK_INTERVAL_H_
#define WF_COORDINATOR_ANALYSIS_BLOCK_INTERVAL_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "coordinator/analysis/estimate.h"

namespace wattfleet::coordinator {

// Into how many equal parts of the workload's order a pair's queries are summed at most. Leases are
// contiguous ranges of that order, so that a part is contiguous in time on its instance, with each
// of its repetitions.
inline constexpr std::size_t kPartsMax = 512;
// Fewer queries (each is then a part of its own) are too few for means of skewed lengths.
inline constexpr std::size_t kPartsMin = 200;
// Into about how many blocks of equal length the parts are summed for resampling.
inline constexpr std::size_t kBlocks = 40;

// Notes of figures without an interval: the queries are too few, or blocks long enough to be
// independent of each other would be; nothing was answered correctly; no sensor measured it.
inline constexpr const char* kTooFewBlocks = "too_few_blocks";
inline constexpr const char* kNoneCorrect = "none_correct";
inline constexpr const char* kNotMeasured = "not_measured";

// One quantity's sum over each part, to the power of 1 or -1.
struct Factor {
  std::span<const double> sums;
  int exponent = 1;
};

// How power wandered while a pair ran: slow drift is seen much earlier in the power of the queries
// than in their joules, which vary with the queries' lengths.
struct PowerDrift {
  bool is_slow = false;  // too slow for an interval of the power
  double variance = 0;   // relative, of the run's mean power
};
// `power` as for BlockInterval.
PowerDrift DriftOf(std::span<const Factor> power);

// The figure prod(total of sums ^ exponent), such as joules / queries, or correct / queries x
// queries / watts. All factors have one length and no part is without queries. nullopt where a
// denominator's total is not positive.
//
// The interval is that of a bootstrap of blocks (non-overlapping, Carlstein 1986): 2,000 resamples
// of kBlocks whole blocks, kBootstrapSeed, percentiles, whose distances from the value are scaled
// on the logarithmic scale for what neighbours share. The variance that counts is the spectrum of
// the parts at frequency zero: L, the mean over the 10 lowest frequencies (type-II cosines, as
// Lazarus, Lewis, Stock and Watson 2018), raised to L (L / H) ^ (1/3) where the spectrum rises
// towards zero, H being the mean over the 21st to 80th, after Heidelberger and Welch (1981), who
// extrapolate its logarithm; at least an eighth of what independent parts would have. In place of
// the normal quantile stands that of a normal value over the root of such an estimate, which has
// few degrees of freedom. The exponent and the numbers of frequencies are ours;
// tests/bench/interval_study holds them to their 95 %.
//
// kTooFewBlocks where L is more than 4 H, since it rises further than can be extrapolated; where
// one of `drifts` is slow, unless it would add little to the figure's variance; and below
// kPartsMin parts. Drift as slow as the run and smaller than the parts' own scatter is beyond
// any test of one run (Poetscher 2002).
std::optional<Estimate> BlockInterval(std::span<const Factor> factors,
                                      std::span<const PowerDrift> drifts);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_BLOCK_INTERVAL_H_
