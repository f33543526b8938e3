#include "common/energy/interval_reducer.h"

#include <algorithm>

#include "common/energy/counter_reducer.h"
#include "common/energy/interval_energy_reducer.h"
#include "common/energy/power_reducer.h"

namespace wattfleet {

std::unique_ptr<IntervalReducer> MakeReducer(const ChannelSpec& spec,
                                             std::chrono::nanoseconds poll_period) {
  switch (spec.kind) {
    case SampleKind::kCounter:
      return std::make_unique<CounterReducer>(spec, poll_period);
    case SampleKind::kIntervalEnergy:
      return std::make_unique<IntervalEnergyReducer>(spec, poll_period);
    case SampleKind::kPowerInstant:
    case SampleKind::kPowerAverage:
      return std::make_unique<PowerReducer>(spec, poll_period);
  }
  return nullptr;
}

std::int64_t GapThresholdNs(const ChannelSpec& spec, std::chrono::nanoseconds poll_period) {
  constexpr std::int64_t kShortestGapNs = 250'000'000;
  return std::max({3 * spec.update_period.count(), 3 * poll_period.count(), kShortestGapNs});
}

}  // namespace wattfleet
