#include "coordinator/analysis/energy_parts.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::vector<double> EnergyParts::*kColumns[] = {
    &EnergyParts::queries,      &EnergyParts::correct,       &EnergyParts::joules,
    &EnergyParts::watts,        &EnergyParts::timed_queries, &EnergyParts::busy_joules,
    &EnergyParts::busy_seconds, &EnergyParts::token_joules,  &EnergyParts::tokens};

}  // namespace

EnergyParts::EnergyParts(std::size_t parts, bool is_served) {
  for (const auto column : kColumns) {
    (this->*column).assign(parts, 0);
  }
  if (!is_served) {
    busy_joules.clear();
    busy_seconds.clear();
  }
}

EnergyParts EnergyParts::Select(const std::vector<std::size_t>& parts) const {
  EnergyParts selected;
  for (const auto column : kColumns) {
    if ((this->*column).empty()) {
      continue;
    }
    for (const std::size_t part : parts) {
      (selected.*column).push_back((this->*column)[part]);
    }
  }
  return selected;
}

}  // namespace wattfleet::coordinator
