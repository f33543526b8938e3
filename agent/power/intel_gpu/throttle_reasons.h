#ifndef WF_AGENT_POWER_INTEL_GPU_THROTTLE_REASONS_H_
#define WF_AGENT_POWER_INTEL_GPU_THROTTLE_REASONS_H_

#include <cstddef>
#include <vector>

#include "agent/power/drm_card.h"
#include "agent/power/kept_file.h"
#include "common/domain/flags.h"

namespace wattfleet::agent {

// What holds an Intel GPU's clocks back at the moment, as its driver tells by one file of 0 or 1
// for each reason and part: <device>/tile*/gt*/freq*/throttle/reason_* of xe,
// <card>/gt/gt*/throttle_reason_* of i915. Used by one thread.
class ThrottleReasons {
 public:
  // Finds the files of the card; a driver without them tells nothing.
  explicit ThrottleReasons(const DrmCard& card);

  std::size_t count() const { return reasons_.size(); }
  // THERMAL_THROTTLED for heat and for what asserts PROCHOT, POWER_CAPPED for limits of power and
  // current. A file that does not say 1 raises nothing. Only of a card that is awake.
  Flags Read() const;

 private:
  struct Reason {
    KeptFile file;
    Flags flag = 0;
  };
  std::vector<Reason> reasons_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_INTEL_GPU_THROTTLE_REASONS_H_
