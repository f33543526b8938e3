#include "coordinator/analysis/baseline_drift.h"

#include <iterator>
#include <map>

#include "common/domain/baseline_drift.h"

namespace wattfleet::coordinator {

std::vector<BaselineDrift> FindDrifts(std::span<const LeaseBaseline> baselines) {
  struct Measured {
    std::int64_t idle_uw = 0;
    std::set<LeaseId> leases;
  };
  std::map<std::int64_t, std::map<std::int64_t, Measured>> by_channel;  // then by id
  for (const LeaseBaseline& baseline : baselines) {
    Measured& measured = by_channel[baseline.channel_id][baseline.id];
    measured.idle_uw = baseline.idle_uw;
    measured.leases.insert(baseline.lease);
  }
  std::vector<BaselineDrift> drifts;
  for (const auto& [channel, by_id] : by_channel) {
    for (auto before = by_id.begin(); std::next(before) != by_id.end(); ++before) {
      const Measured& after = std::next(before)->second;
      if (HasDrifted(before->second.idle_uw, after.idle_uw)) {
        drifts.push_back({.channel_id = channel,
                          .before_uw = before->second.idle_uw,
                          .after_uw = after.idle_uw,
                          .leases = before->second.leases});
      }
    }
  }
  return drifts;
}

}  // namespace wattfleet::coordinator
