#ifndef WF_COORDINATOR_ANALYSIS_DISTRIBUTION_H_
#define WF_COORDINATOR_ANALYSIS_DISTRIBUTION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// Values in [low, high).
struct HistogramBin {
  double low = 0;
  double high = 0;
  std::int64_t count = 0;
  bool operator==(const HistogramBin&) const = default;
};

// How the results of a pair spread. The edges of bins are the same for all pairs and all units: a
// power of two times 1, 1.25, 1.5 or 1.75. Values of 0 make one bin [0, 0].
struct Distribution {
  std::int64_t count = 0;  // results, the sum over `bins`; > 0
  // Nearest rank, as all percentiles (metrics.md, "Uncertainty").
  double p05 = 0;
  double p25 = 0;
  double p50 = 0;
  double p75 = 0;
  double p95 = 0;
  std::vector<HistogramBin> bins;  // ascending, none empty
};

// Of finite values >= 0, which are reordered; nullopt when there are none.
std::optional<Distribution> DistributionOf(std::vector<double>& values);

// Seconds, of the results that Latency() (timing.h) is made of.
std::optional<Distribution> LatencyDistribution(const UnitColumns& columns);

// Joules, of the results that MeasuredFigures() (energy_figures.h) averages over.
std::optional<Distribution> EnergyDistribution(const UnitColumns& columns);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_DISTRIBUTION_H_
