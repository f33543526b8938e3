#include "common/energy/power_steps.h"

#include <algorithm>
#include <cmath>

namespace wattfleet {

namespace {

constexpr double kSecondsPerNs = 1e-9;
constexpr double kMicro = 1e6;
constexpr int kBlock = 4;

double Square(double x) {
  return x * x;
}

}  // namespace

void PowerSteps::Steps::Add(double joules, double seconds) {
  const double watts = joules / seconds;
  if (has_last) {
    squares += Square(watts - last_watts) * seconds * last_seconds / 2;
  }
  has_last = true;
  last_watts = watts;
  last_seconds = seconds;
}

void PowerSteps::Add(const EnergyInterval& interval, std::int64_t overlap_ns, Touch touch) {
  if (interval.length_ns() <= 0) {
    return;
  }
  const double seconds = static_cast<double>(interval.length_ns()) * kSecondsPerNs;
  const double joules = static_cast<double>(interval.energy) / kMicro;
  const double watts = joules / seconds;
  if (touch == Touch::kWhole) {
    steps_.Add(joules, seconds);
    block_joules_ += joules;
    block_seconds_ += seconds;
    if (++block_size_ == kBlock) {
      block_steps_.Add(block_joules_, block_seconds_);
      block_joules_ = block_seconds_ = 0;
      block_size_ = 0;
    }
    if (has_edge_) {
      neighbour_ += Square((watts - edge_watts_) * edge_seconds_);
      has_edge_ = false;
    }
  } else if (touch == Touch::kEdgeShared) {
    shared_watts_ += Square(watts);
    const double overlap = static_cast<double>(overlap_ns) * kSecondsPerNs;
    if (steps_.has_last) {
      neighbour_ += Square((watts - steps_.last_watts) * overlap);
    } else {
      has_edge_ = true;
      edge_watts_ = watts;
      edge_seconds_ = overlap;
    }
  }
}

double PowerSteps::SampledMicrojoules() const {
  return std::sqrt(std::max(steps_.squares, block_steps_.squares)) * kMicro;
}

double PowerSteps::NeighbourMicrojoules(double knot_seconds) const {
  // Without a whole interval of its own, nothing says how much of the edge is its own.
  const double unknown = has_edge_ ? Square(edge_watts_ * edge_seconds_) : 0;
  const double knots = shared_watts_ * Square(knot_seconds) / 12;
  return std::sqrt(neighbour_ + unknown + knots) * kMicro;
}

}  // namespace wattfleet
