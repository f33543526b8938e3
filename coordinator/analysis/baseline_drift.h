#ifndef WF_COORDINATOR_ANALYSIS_BASELINE_DRIFT_H_
#define WF_COORDINATOR_ANALYSIS_BASELINE_DRIFT_H_

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "common/domain/ids.h"

namespace wattfleet::coordinator {

// The loaded-idle baseline that a lease's books on one channel were settled with.
struct LeaseBaseline {
  LeaseId lease;
  std::int64_t channel_id = 0;
  std::int64_t id = 0;  // grows with time on one channel
  std::int64_t idle_uw = 0;
};

// Idle power that did not last until it was measured again.
struct BaselineDrift {
  std::int64_t channel_id = 0;
  std::int64_t before_uw = 0;
  std::int64_t after_uw = 0;
  std::set<LeaseId> leases;  // settled with the first
};

// Of one pair's leases, by channel and time (HasDrifted of common/domain/baseline_drift.h). Leases
// after a channel's last baseline are bracketed by nothing, and nothing is said of them.
std::vector<BaselineDrift> FindDrifts(std::span<const LeaseBaseline> baselines);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_BASELINE_DRIFT_H_
