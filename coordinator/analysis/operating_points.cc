#include "coordinator/analysis/operating_points.h"

#include <algorithm>
#include <cstddef>

namespace wattfleet::coordinator {

namespace {

constexpr double kSecondsPerNanosecond = 1e-9;

struct Measure {
  const char* name;
  std::optional<double> OperatingCandidate::*value;
};
constexpr Measure kMeasures[] = {{"joules_per_correct", &OperatingCandidate::joules_per_correct},
                                 {"seconds_per_correct", &OperatingCandidate::seconds_per_correct},
                                 {"usd_per_correct", &OperatingCandidate::usd_per_correct}};

const OperatingCandidate* BestOf(std::span<const OperatingCandidate> candidates,
                                 const std::string& side, const Measure& measure) {
  const OperatingCandidate* best = nullptr;
  for (const OperatingCandidate& candidate : candidates) {
    const std::optional<double>& value = candidate.*measure.value;
    if (candidate.side == side && value && (best == nullptr || *value < *(best->*measure.value))) {
      best = &candidate;
    }
  }
  return best;
}

}  // namespace

std::optional<double> SecondsPerCorrect(const UnitColumns& columns) {
  const bool is_served = !columns.busy_seconds.empty();
  double seconds = 0;
  double correct = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (!columns.IsDecided(unit) || !columns.HasGoodTiming(unit)) {
      continue;
    }
    seconds += is_served ? columns.busy_seconds[unit]
                         : static_cast<double>(columns.duration_ns[unit]) * kSecondsPerNanosecond;
    correct += columns.outcome[unit] == Outcome::kCorrect ? 1 : 0;
  }
  return seconds > 0 && correct > 0 ? std::optional(seconds / correct) : std::nullopt;
}

std::vector<OperatingPoint> BestOperatingPoints(std::span<const OperatingCandidate> candidates) {
  std::vector<std::string> sides;
  for (const OperatingCandidate& candidate : candidates) {
    if (std::find(sides.begin(), sides.end(), candidate.side) == sides.end()) {
      sides.push_back(candidate.side);
    }
  }
  std::vector<OperatingPoint> points;
  for (const std::string& side : sides) {
    for (const Measure& measure : kMeasures) {
      if (const OperatingCandidate* best = BestOf(candidates, side, measure)) {
        points.push_back({.side = side,
                          .measure = measure.name,
                          .pair = best->pair,
                          .condition = best->condition,
                          .value = *(best->*measure.value)});
      }
    }
  }
  return points;
}

}  // namespace wattfleet::coordinator
