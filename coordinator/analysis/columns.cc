#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

namespace {

Flags FlagsWhere(bool FlagRow::*property) {
  Flags flags = 0;
  for (const FlagRow& row : AllFlags()) {
    if (row.*property) {
      flags |= row.bit;
    }
  }
  return flags;
}

}  // namespace

void UnitColumns::Reset(std::int64_t n_queries, std::int64_t n_repetitions) {
  queries = n_queries;
  repetitions = n_repetitions;
  const auto n = static_cast<std::size_t>(n_queries * n_repetitions);
  state.assign(n, UnitState::kOpen);
  outcome.assign(n, Outcome::kPending);
  flags.assign(n, 0);
  instance.assign(n, 0);
  sent_unix_ms.assign(n, 0);
  duration_ns.assign(n, 0);
  for (auto* column :
       {&ttft_ns, &input_tokens, &cached_tokens, &output_tokens, &reasoning_tokens}) {
    column->assign(n, std::nullopt);
  }
  busy_seconds.clear();
  tolerated = 0;
  class_energy.assign(n, ClassEnergy::kAbsent);
  class_uj.assign(n, 0);
  modelled_uj.clear();
  imported_uj.clear();
}

Flags FlagsThatSpoilEnergy() {
  static const Flags flags = FlagsWhere(&FlagRow::spoils_energy);
  return flags;
}

Flags FlagsThatSpoilTiming() {
  static const Flags flags = FlagsWhere(&FlagRow::spoils_timing);
  return flags;
}

bool UnitColumns::HasGoodTiming(std::size_t unit) const {
  return (flags[unit] & ~tolerated & FlagsThatSpoilTiming()) == 0;
}

Flags TolerableFlags(bool is_isolated) {
  return is_isolated ? 0 : kFlagContended;
}

}  // namespace wattfleet::coordinator
