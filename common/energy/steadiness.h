#ifndef WF_COMMON_ENERGY_STEADINESS_H_
#define WF_COMMON_ENERGY_STEADINESS_H_

#include <cstdint>
#include <deque>

#include "common/energy/interval.h"

namespace wattfleet {

// Whether a channel's power under load has settled since the load began: over 30 s of work the
// means of the first and of the second half differ by less than 2 %. Once settled it stays so:
// what comes then is the load's own variation. Hot silicon leaks more, so the first minutes of a
// device draw less than the rest.
class Steadiness {
 public:
  // The next measured interval in which the load was present.
  void Add(const EnergyInterval& interval);
  bool is_steady() const { return is_steady_; }

 private:
  void EndWindow();
  bool is_steady_ = false;
  double window_joules_ = 0;
  double window_seconds_ = 0;
  std::deque<double> watts_;  // means of the last windows of 5 s
};

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_STEADINESS_H_
