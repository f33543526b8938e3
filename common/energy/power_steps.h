#ifndef WF_COMMON_ENERGY_POWER_STEPS_H_
#define WF_COMMON_ENERGY_POWER_STEPS_H_

#include <cstdint>

#include "common/energy/interval.h"

namespace wattfleet {

// How a channel's power moved from interval to interval while one request was present: what tells
// how much a sensor that looks only now and then may have missed, and how much a neighbour that
// shares an interval may have been given or taken.
class PowerSteps {
 public:
  enum class Touch {
    kWhole,       // the request was present throughout
    kEdge,        // it came or went within the interval
    kEdgeShared,  // likewise, and another request was present in the rest of it
  };
  // The next interval that the request touches, for `overlap_ns` of it.
  void Add(const EnergyInterval& interval, std::int64_t overlap_ns, Touch touch);

  // Standard uncertainty, in microjoules, of energy that was sampled once for each interval: of n
  // intervals of length T and the variance v of their power T x sqrt(n v), v being half the mean
  // square of the steps between neighbours, so that slow changes count once and noise in full.
  // The same over blocks of four, where that is more: samples may be alike for a while by chance.
  double SampledMicrojoules() const;
  // Of the intervals that the request shared with one right before or after it: the energy that it
  // was given there less what its own power next to it would have been, and that power for
  // `knot_seconds`, by which the interval's end is uncertain.
  double NeighbourMicrojoules(double knot_seconds) const;

 private:
  // Of successive stretches of time, the squared steps of power in joules.
  struct Steps {
    bool has_last = false;
    double last_watts = 0;
    double last_seconds = 0;
    double squares = 0;
    void Add(double joules, double seconds);
  };

  Steps steps_;
  Steps block_steps_;
  double block_joules_ = 0;
  double block_seconds_ = 0;
  int block_size_ = 0;
  double neighbour_ = 0;     // joules, squared
  double shared_watts_ = 0;  // of edges, squared
  // An edge that waits for the request's next whole interval.
  bool has_edge_ = false;
  double edge_watts_ = 0;
  double edge_seconds_ = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_POWER_STEPS_H_
