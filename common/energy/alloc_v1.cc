#include "common/energy/alloc_v1.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "common/check/check.h"
#include "common/energy/wide_integer.h"

namespace wattfleet {

namespace {

// Weights count fractions of a nanosecond, as fine as keeps their sum below 2^60, so that sharing
// a moment among many loses nothing that matters.
std::uint64_t WeightPerNs(std::int64_t length_ns) {
  constexpr std::uint64_t kMostWeight = 1ULL << 60;
  constexpr std::uint64_t kFinest = 1ULL << 40;
  const std::uint64_t fits = kMostWeight / static_cast<std::uint64_t>(length_ns);
  return std::clamp<std::uint64_t>(std::bit_floor(fits), 1, kFinest);
}

Microjoules IdleEnergy(const EnergyInterval& interval, const Allocation& allocation,
                       std::optional<std::int64_t> idle_uw) {
  if (allocation.busy_ns == 0) {
    return interval.energy;
  }
  if (allocation.idle_ns == 0) {
    return 0;
  }
  if (idle_uw) {
    return std::min(interval.energy, EnergyOf(*idle_uw, allocation.idle_ns));
  }
  const Int128 scaled = static_cast<Int128>(interval.energy) * allocation.idle_ns;
  return static_cast<Microjoules>(scaled / interval.length_ns());
}

}  // namespace

Microjoules EnergyOf(std::int64_t microwatts, std::int64_t ns) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  return static_cast<Microjoules>((static_cast<Int128>(microwatts) * ns + kNsPerSecond / 2) /
                                  kNsPerSecond);
}

std::int64_t AllocV1::Weigh(const EnergyInterval& interval, std::span<Presence* const> presences) {
  events_.clear();
  portions_.assign(presences.size(), Portion{});
  for (std::size_t i = 0; i < presences.size(); ++i) {
    const std::int64_t from = std::max(presences[i]->start_ns, interval.start_ns);
    const std::int64_t to = std::min(presences[i]->end_ns, interval.end_ns);
    presences[i]->overlap_ns = std::max<std::int64_t>(0, to - from);
    portions_[i].order = presences[i]->sequence;
    if (to > from) {
      events_.push_back({from, i, true});
      events_.push_back({to, i, false});
    }
  }
  std::sort(events_.begin(), events_.end(),
            [](const Event& a, const Event& b) { return a.at_ns < b.at_ns; });

  // `shared` is the integral of dt / n(t) up to `at`: a presence weighs its increase meanwhile.
  const std::uint64_t weight_per_ns = WeightPerNs(std::max<std::int64_t>(1, interval.length_ns()));
  std::uint64_t shared = 0;
  std::uint64_t present = 0;
  std::int64_t busy_ns = 0;
  std::int64_t at_ns = interval.start_ns;
  for (const Event& event : events_) {
    if (present > 0) {
      busy_ns += event.at_ns - at_ns;
      shared += static_cast<std::uint64_t>(event.at_ns - at_ns) * weight_per_ns / present;
    }
    at_ns = event.at_ns;
    present += event.starts ? 1 : std::uint64_t{0} - 1;
    // Modular: the start is subtracted before the end is added.
    portions_[event.presence].weight += event.starts ? std::uint64_t{0} - shared : shared;
  }
  for (std::size_t i = 0; i < presences.size(); ++i) {
    const auto alone = static_cast<std::uint64_t>(presences[i]->overlap_ns) * weight_per_ns;
    presences[i]->shared = portions_[i].weight < alone;
    if (alone > 0 && portions_[i].weight == 0) {
      portions_[i].weight = 1;  // a nanosecond shared by thousands
    }
  }
  return busy_ns;
}

Allocation AllocV1::Allocate(const EnergyInterval& interval, std::optional<std::int64_t> idle_uw,
                             std::span<Presence* const> presences) {
  WF_CHECK(interval.end_ns >= interval.start_ns && interval.energy >= 0);
  Allocation result;
  result.busy_ns = Weigh(interval, presences);
  result.idle_ns = interval.length_ns() - result.busy_ns;
  result.idle = IdleEnergy(interval, result, idle_uw);

  const Microjoules active = interval.energy - result.idle;
  const Microjoules fixed =
      idle_uw ? std::min(active, EnergyOf(*idle_uw, result.busy_ns)) : Microjoules{0};
  for (std::size_t i = 0; i < presences.size(); ++i) {
    portions_[i].carry = presences[i]->static_carry;
  }
  split_.Split(fixed, portions_);
  for (std::size_t i = 0; i < presences.size(); ++i) {
    presences[i]->static_share = portions_[i].share;
    presences[i]->static_carry = portions_[i].carry;
    portions_[i].carry = presences[i]->dynamic_carry;
  }
  split_.Split(active - fixed, portions_);
  for (std::size_t i = 0; i < presences.size(); ++i) {
    presences[i]->dynamic_share = portions_[i].share;
    presences[i]->dynamic_carry = portions_[i].carry;
  }
  return result;
}

}  // namespace wattfleet
