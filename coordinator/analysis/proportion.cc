#include "coordinator/analysis/proportion.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "common/random/random.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kResamples = 2000;

struct CellSums {
  double numerator = 0;
  double denominator = 0;
  std::int64_t queries = 0;
};

CellSums SumOf(std::span<const ClusterCell> cells) {
  CellSums sums;
  for (const ClusterCell& cell : cells) {
    sums.numerator += static_cast<double>(cell.numerator * cell.queries);
    sums.denominator += static_cast<double>(cell.denominator * cell.queries);
    sums.queries += cell.queries;
  }
  return sums;
}

Estimate NormalInterval(std::span<const ClusterCell> cells, const CellSums& sums) {
  const double ratio = sums.numerator / sums.denominator;
  double squares = 0;
  for (const ClusterCell& cell : cells) {
    const double residual =
        static_cast<double>(cell.numerator) - ratio * static_cast<double>(cell.denominator);
    squares += residual * residual * static_cast<double>(cell.queries);
  }
  const auto n = static_cast<double>(sums.queries);
  const double error = std::sqrt(squares * n / (n - 1)) / sums.denominator;
  return {.value = ratio,
          .low = std::max(0.0, ratio - kZ95 * error),
          .high = std::min(1.0, ratio + kZ95 * error),
          .note = {}};
}

// The cell of each query, so that drawing a query is one look-up.
std::vector<const ClusterCell*> Expand(std::span<const ClusterCell> cells) {
  std::vector<const ClusterCell*> of_query;
  for (const ClusterCell& cell : cells) {
    of_query.insert(of_query.end(), static_cast<std::size_t>(cell.queries), &cell);
  }
  return of_query;
}

Estimate BootstrapInterval(std::span<const ClusterCell> cells, const CellSums& sums) {
  const std::vector<const ClusterCell*> of_query = Expand(cells);
  Random random(kBootstrapSeed);
  std::vector<double> ratios;
  ratios.reserve(kResamples);
  while (ratios.size() < kResamples) {
    std::int64_t numerator = 0;
    std::int64_t denominator = 0;
    for (std::size_t draw = 0; draw < of_query.size(); ++draw) {
      const ClusterCell& cell = *of_query[random.Below(of_query.size())];
      numerator += cell.numerator;
      denominator += cell.denominator;
    }
    // A resample without any decided query says nothing of the ratio; the value stands in for it.
    ratios.push_back(denominator > 0
                         ? static_cast<double>(numerator) / static_cast<double>(denominator)
                         : sums.numerator / sums.denominator);
  }
  std::sort(ratios.begin(), ratios.end());
  return {.value = sums.numerator / sums.denominator,
          .low = ratios[kResamples * 25 / 1000],
          .high = ratios[kResamples * 975 / 1000 - 1],
          .note = {}};
}

}  // namespace

std::optional<Estimate> Wilson(double successes, double trials) {
  if (trials <= 0) {
    return std::nullopt;
  }
  const double share = successes / trials;
  const double z2 = kZ95 * kZ95;
  const double scale = 1 + z2 / trials;
  const double centre = (share + z2 / (2 * trials)) / scale;
  const double half =
      kZ95 * std::sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / scale;
  return Estimate{.value = share,
                  .low = successes <= 0 ? 0.0 : std::max(0.0, centre - half),
                  .high = successes >= trials ? 1.0 : std::min(1.0, centre + half),
                  .note = {}};
}

std::optional<Estimate> ClusteredProportion(std::span<const ClusterCell> cells) {
  const CellSums sums = SumOf(cells);
  if (sums.denominator <= 0) {
    return std::nullopt;
  }
  if (sums.queries < kBootstrapQueriesMin || sums.numerator <= 0 ||
      sums.numerator >= sums.denominator) {
    const auto queries = static_cast<double>(sums.queries);
    return Wilson(sums.numerator / sums.denominator * queries, queries);
  }
  return sums.queries > kBootstrapQueriesMax ? NormalInterval(cells, sums)
                                             : BootstrapInterval(cells, sums);
}

}  // namespace wattfleet::coordinator
