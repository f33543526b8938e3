#include "common/energy/interval_chain.h"

#include "common/check/check.h"

namespace wattfleet {

bool IntervalChain::IsImplausible(double microjoules, std::int64_t ns) const {
  constexpr double kTolerance = 1.2;
  constexpr double kSlackMicrojoules = 1e6;
  // watts x nanoseconds = nanojoules
  const double most = max_watts_ * static_cast<double>(ns) * 1e-3 * kTolerance + kSlackMicrojoules;
  return microjoules > most;
}

void IntervalChain::Append(std::int64_t end_ns, Int128 numerator, Int128 denominator, Flags flags,
                           std::vector<EnergyInterval>& out) {
  WF_CHECK(state_.edge_ns.has_value() && numerator >= 0 && denominator > 0);
  if (denominator != state_.remainder_denominator) {
    state_.remainder = 0;
    state_.remainder_denominator = denominator;
  }
  const Int128 sum = numerator + state_.remainder;
  const Int128 whole = sum / denominator + state_.kept;
  if (IsImplausible(static_cast<double>(whole), end_ns - *state_.edge_ns)) {
    AppendHole(end_ns, flags | kFlagImplausible, out);
    return;
  }
  state_.remainder = sum % denominator;
  if (end_ns <= *state_.edge_ns) {
    state_.kept = static_cast<Microjoules>(whole);
    return;
  }
  out.push_back({*state_.edge_ns, end_ns, static_cast<Microjoules>(whole), flags, true});
  state_.kept = 0;
  state_.edge_ns = end_ns;
}

void IntervalChain::AppendHole(std::int64_t end_ns, Flags flags, std::vector<EnergyInterval>& out) {
  WF_CHECK(state_.edge_ns.has_value());
  state_.kept = 0;
  state_.remainder = 0;
  if (end_ns > *state_.edge_ns) {
    out.push_back({*state_.edge_ns, end_ns, 0, flags, false});
    state_.edge_ns = end_ns;
  }
}

}  // namespace wattfleet
