#include "coordinator/analysis/distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <map>

#include "coordinator/analysis/energy_figures.h"
#include "coordinator/analysis/timing.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;
constexpr double kSecondsPerNanosecond = 1e-9;

// A double's exponent and the first two bits of its mantissa number the bins in order.
constexpr int kBitsBelowBin = 50;

std::uint64_t BinOf(double value) {
  return std::bit_cast<std::uint64_t>(value) >> kBitsBelowBin;
}

double LowerEdge(std::uint64_t bin) {
  return std::bit_cast<double>(bin << kBitsBelowBin);
}

// The smallest of `values` that at least `share` of them do not exceed; those before `from` are
// known not to exceed any later one.
double NearestRankFrom(std::vector<double>& values, double share, std::size_t& from) {
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::clamp(std::ceil(share * n - 1e-9), 1.0, n)) - 1;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(from), nth, values.end());
  from = rank;
  return *nth;
}

std::vector<HistogramBin> BinsOf(const std::vector<double>& values) {
  std::map<std::uint64_t, std::int64_t> counts;
  std::uint64_t last_bin = 0;
  std::int64_t* last_count = nullptr;
  for (const double value : values) {
    const std::uint64_t bin = BinOf(value);
    if (last_count == nullptr || bin != last_bin) {
      last_bin = bin;
      last_count = &counts[bin];
    }
    ++*last_count;
  }
  std::vector<HistogramBin> bins;
  bins.reserve(counts.size());
  for (const auto& [bin, count] : counts) {
    bins.push_back(
        {.low = LowerEdge(bin), .high = bin == 0 ? 0 : LowerEdge(bin + 1), .count = count});
  }
  return bins;
}

}  // namespace

std::optional<Distribution> DistributionOf(std::vector<double>& values) {
  if (values.empty()) {
    return std::nullopt;
  }
  Distribution distribution;
  distribution.count = static_cast<std::int64_t>(values.size());
  distribution.bins = BinsOf(values);
  std::size_t from = 0;
  distribution.p05 = NearestRankFrom(values, 0.05, from);
  distribution.p25 = NearestRankFrom(values, 0.25, from);
  distribution.p50 = NearestRankFrom(values, 0.50, from);
  distribution.p75 = NearestRankFrom(values, 0.75, from);
  distribution.p95 = NearestRankFrom(values, 0.95, from);
  return distribution;
}

std::optional<Distribution> LatencyDistribution(const UnitColumns& columns) {
  std::vector<double> seconds;
  seconds.reserve(columns.units());
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (IsInTimingPopulation(columns, unit) && columns.duration_ns[unit] >= 0) {
      seconds.push_back(static_cast<double>(columns.duration_ns[unit]) * kSecondsPerNanosecond);
    }
  }
  return DistributionOf(seconds);
}

std::optional<Distribution> EnergyDistribution(const UnitColumns& columns) {
  std::vector<double> joules;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (IsInEnergyPopulation(columns, unit) && columns.class_uj[unit] >= 0) {
      joules.push_back(static_cast<double>(columns.class_uj[unit]) * kJoulesPerMicrojoule);
    }
  }
  return DistributionOf(joules);
}

}  // namespace wattfleet::coordinator
