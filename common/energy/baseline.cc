#include "common/energy/baseline.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace wattfleet {

namespace {

// What may be said of readings that are as good as any: the idle power of a machine on battery is
// what it is there.
constexpr Flags kHarmless = kFlagSlowRead | kFlagPowerIntegrated | kFlagOnBattery;

// Mean power of each whole window in watts; an interval that straddles a border is split by time.
// Empty when some of the time was not measured.
std::vector<double> WindowMeans(std::span<const EnergyInterval> intervals, std::int64_t from_ns,
                                std::int64_t to_ns, std::int64_t window_ns) {
  const auto windows =
      static_cast<std::size_t>(std::max<std::int64_t>(0, to_ns - from_ns) / window_ns);
  std::vector<double> microjoules(windows, 0);
  std::int64_t covered_ns = 0;
  const std::int64_t end_ns = from_ns + static_cast<std::int64_t>(windows) * window_ns;
  for (const EnergyInterval& interval : intervals) {
    std::int64_t at_ns = std::max(interval.start_ns, from_ns);
    const std::int64_t until_ns = std::min(interval.end_ns, end_ns);
    if (at_ns >= until_ns || !interval.measured || (interval.flags & ~kHarmless) != 0) {
      continue;
    }
    covered_ns += until_ns - at_ns;
    const double per_ns =
        static_cast<double>(interval.energy) / static_cast<double>(interval.length_ns());
    while (at_ns < until_ns) {
      const std::int64_t index = (at_ns - from_ns) / window_ns;
      const std::int64_t piece_end = std::min(until_ns, from_ns + (index + 1) * window_ns);
      microjoules[static_cast<std::size_t>(index)] +=
          per_ns * static_cast<double>(piece_end - at_ns);
      at_ns = piece_end;
    }
  }
  if (covered_ns < end_ns - from_ns) {
    return {};
  }
  for (double& mean : microjoules) {
    mean *= 1e3 / static_cast<double>(window_ns);
  }
  return microjoules;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace

std::optional<Baseline> EstimateBaseline(std::span<const EnergyInterval> intervals,
                                         std::int64_t from_ns, std::int64_t to_ns,
                                         std::chrono::nanoseconds window) {
  constexpr std::size_t kFewestWindows = 3;
  constexpr double kRelativeLimit = 0.05;
  constexpr double kAbsoluteLimitWatts = 1;
  constexpr double kMadToSigma = 1.4826;

  std::vector<double> means = WindowMeans(intervals, from_ns, to_ns, window.count());
  if (means.size() < kFewestWindows) {
    return std::nullopt;
  }
  const double count = static_cast<double>(means.size());
  const double median = Median(means);
  for (double& mean : means) {
    mean = std::abs(mean - median);
  }
  const double mad = Median(std::move(means));
  if (mad >= kRelativeLimit * median && mad >= kAbsoluteLimitWatts) {
    return std::nullopt;
  }
  return Baseline{std::llround(median * 1e6),
                  std::llround(kMadToSigma * mad / std::sqrt(count) * 1e6)};
}

}  // namespace wattfleet
