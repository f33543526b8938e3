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
// Blocks are made of parts; with fewer of them there is no interval.
inline constexpr std::size_t kBlocksMin = 20;
// About as many are enough: more would narrow the interval by 2 % and see less of slow drift.
inline constexpr std::size_t kBlocksMax = 64;

// Notes of figures without an interval: blocks would be too few to be independent of each other;
// nothing was answered correctly; no sensor measured it.
inline constexpr const char* kTooFewBlocks = "too_few_blocks";
inline constexpr const char* kNoneCorrect = "none_correct";
inline constexpr const char* kNotMeasured = "not_measured";

// One quantity's sum over each part, to the power of 1 or -1.
struct Factor {
  std::span<const double> sums;
  int exponent = 1;
};

// How power wandered while a pair ran: its correlations are seen much earlier in the power of the
// queries than in their joules, which vary with the queries' lengths.
struct PowerDrift {
  std::optional<std::size_t> block_length;  // that contains the correlation; nullopt: none does
  double slow_variance = 0;  // relative, of the mean power over a twentieth of the run
};
// `power` as for BlockInterval.
PowerDrift DriftOf(std::span<const Factor> power);

// The figure prod(total of sums ^ exponent), such as joules / queries, or correct / queries x
// queries / watts. All factors have one length and no part is without queries. nullopt where a
// denominator's total is not positive.
//
// The interval is that of a bootstrap of blocks (non-overlapping, Carlstein 1986): 2,000 resamples
// of whole blocks, kBootstrapSeed, percentiles, whose distances from the value are scaled on the
// logarithmic scale by Student's t over the normal quantile and by sqrt(b / (b - 1) (1 + 2 r) /
// (1 - (tau - 1) / 2 l)), for b blocks of l parts, the correlation r > 0 left between neighbours,
// and the correlation time tau. A block is at least twice as long as runs whose neighbours are
// uncorrelated, as those of all longer runs are (von Neumann's test), and at least 8 tau - 6
// parts; and as DriftOf found for each of `drifts`, unless drift of that size could not be seen
// beside the figure's own spread. Fewer than kBlocksMin blocks or kPartsMin
// parts: kTooFewBlocks. The method is ours;
// tests/bench/interval_study holds it to its 95 %.
std::optional<Estimate> BlockInterval(std::span<const Factor> factors,
                                      std::span<const PowerDrift> drifts);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_BLOCK_INTERVAL_H_
