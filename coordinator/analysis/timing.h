#ifndef WF_COORDINATOR_ANALYSIS_TIMING_H_
#define WF_COORDINATOR_ANALYSIS_TIMING_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// From how many samples on a 99th percentile is given (MLPerf's bound).
inline constexpr std::size_t kP99SamplesMin = 662;

// The smallest sample that at least `share` (0, 1] of all samples do not exceed; nullopt when
// empty. Reorders `samples`.
std::optional<std::int64_t> NearestRank(std::span<std::int64_t> samples, double share);

// The same of what is not whole, in a copy.
std::optional<double> NearestRankOf(std::vector<double> samples, double share);

// Seconds. The mean is over queries, repetitions averaged first; the percentiles are over results.
struct TimingFigures {
  std::optional<double> mean;
  std::optional<double> p50;
  std::optional<double> p90;
  std::optional<double> p99;  // absent below kP99SamplesMin results
};

// Whether a result counts in timing figures: completed, no flag spoils its timing.
bool IsInTimingPopulation(const UnitColumns& columns, std::size_t unit);

// Of completed results (time-outs included) without a flag that spoils timing.
TimingFigures Latency(const UnitColumns& columns);
// Of those whose first chunk was seen.
TimingFigures TimeToFirstToken(const UnitColumns& columns);

// Fills `busy_seconds`: each completed unit's share of the time in which its instance had at least
// one request present, which is the integral of 1 / (requests present) over its own time. Shares of
// one instance sum to that instance's busy time.
//
// Times are the instance's wall clock to the millisecond for the start and its monotonic clock for
// the length, since no other common time is stored.
void ShareBusyTime(UnitColumns& columns);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_TIMING_H_
