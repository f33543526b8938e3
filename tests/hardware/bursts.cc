#include "tests/hardware/bursts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace wattfleet::hardware {

std::optional<double> Quantile(std::vector<double> values, double share) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}

std::optional<double> Mean(std::span<const double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> RelativeScatter(std::span<const double> values) {
  const std::optional<double> mean = Mean(values);
  if (values.size() < 2 || !mean || *mean == 0) {
    return std::nullopt;
  }
  double squares = 0;
  for (const double value : values) {
    squares += (value - *mean) * (value - *mean);
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1)) / std::abs(*mean);
}

std::vector<double> ChangeGapsMs(std::span<const TimedValue> values) {
  std::vector<double> gaps;
  std::optional<std::int64_t> changed;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i].value == values[i - 1].value) {
      continue;
    }
    if (changed) {
      gaps.push_back(static_cast<double>(values[i].at_ns - *changed) * 1e-6);
    }
    changed = values[i].at_ns;
  }
  return gaps;
}

double TrapezoidJoules(std::span<const TimedValue> watts) {
  double joules = 0;
  for (std::size_t i = 1; i < watts.size(); ++i) {
    joules += 0.5 * (watts[i].value + watts[i - 1].value) *
              static_cast<double>(watts[i].at_ns - watts[i - 1].at_ns) * 1e-9;
  }
  return joules;
}

std::optional<double> WindowMs(std::span<const double> watts, double half_period_ms) {
  constexpr std::size_t kLeastValues = 20;
  constexpr double kMargin = 0.1;         // of the span, on either side
  constexpr double kLeastContrast = 0.1;  // of the high level
  const std::vector<double> all(watts.begin(), watts.end());
  if (all.size() < kLeastValues) {
    return std::nullopt;
  }
  const double low = *Quantile(all, 0.02);
  const double high = *Quantile(all, 0.98);
  if (high - low < kLeastContrast * high) {
    return std::nullopt;
  }
  const double margin = kMargin * (high - low);
  const auto between = std::count_if(all.begin(), all.end(), [&](double value) {
    return value > low + margin && value < high - margin;
  });
  // The margins hide as much of each edge.
  const double share =
      static_cast<double>(between) / static_cast<double>(all.size()) / (1 - 2 * kMargin);
  return std::min(1.0, share) * half_period_ms;
}

}  // namespace wattfleet::hardware
