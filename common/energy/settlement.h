#ifndef WF_COMMON_ENERGY_SETTLEMENT_H_
#define WF_COMMON_ENERGY_SETTLEMENT_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/domain/energy.h"
#include "common/domain/flags.h"
#include "common/energy/baseline.h"
#include "common/energy/channel.h"
#include "common/energy/interval.h"
#include "common/energy/phase_shares.h"
#include "common/energy/power_steps.h"

namespace wattfleet {

// What one request used and met on one channel so far.
struct RequestTally {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  Microjoules static_part = 0;   // of what the channel draws when idle
  Microjoules dynamic_part = 0;  // above it
  bool idle_known = true;        // every interval was split with a known idle power
  std::int64_t intervals = 0;
  std::int64_t max_gap_ns = 0;        // longest interval touched
  std::int64_t covered_ns = 0;        // overlap with measured intervals
  std::int64_t gap_ns = 0;            // of that, flagged GAP
  std::int64_t boundary_idle_ns = 0;  // idle time within intervals that it touches
  Microjoules channel_energy = 0;     // of the measured intervals that it touches
  std::int64_t channel_ns = 0;
  double least_watts = 0;  // mean power of the lowest and highest of them
  double most_watts = 0;
  PowerSteps steps;
  Flags flags = 0;
  std::optional<std::int64_t> first_token_ns;
  PhaseShares phases;

  Microjoules gross() const { return static_part + dynamic_part; }
  // Counts a measured interval with which it overlaps.
  void Touch(const EnergyInterval& interval, std::int64_t overlap_ns);
  // Counts a hole with which it overlaps.
  void TouchHole(const EnergyInterval& interval);
};

// How a channel is judged: its spec and the poll period that it is read at.
struct ChannelTraits {
  ChannelSpec spec;
  std::chrono::nanoseconds poll_period{0};
};

// The request's energy as it is reported: values only where they hold. Invalid with any flag that
// spoils energy, with less than 90 % of its time measured, with a power sensor's gaps over more
// than 10 % of its time, or with an averaging sensor over fewer than 10 of its windows.
ChannelEnergy Settle(const RequestTally& tally, const ChannelTraits& traits,
                     const std::optional<Baseline>& baseline);

// 1 u of the random part of `tally`'s gross energy, in microjoules (energy.md 8): edges,
// knots, quantisation, gaps and the baseline in quadrature.
double RandomUncertainty(const RequestTally& tally, const ChannelTraits& traits,
                         const std::optional<Baseline>& baseline);

}  // namespace wattfleet

#endif  // WF_COMMON_ENERGY_SETTLEMENT_H_
