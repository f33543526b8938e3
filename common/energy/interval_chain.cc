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
  WF_CHECK(edge_ns_.has_value() && numerator >= 0 && denominator > 0);
  if (denominator != remainder_denominator_) {
    remainder_ = 0;
    remainder_denominator_ = denominator;
  }
  const Int128 sum = numerator + remainder_;
  const Int128 whole = sum / denominator + kept_;
  if (IsImplausible(static_cast<double>(whole), end_ns - *edge_ns_)) {
    AppendHole(end_ns, flags | kFlagImplausible, out);
    return;
  }
  remainder_ = sum % denominator;
  if (end_ns <= *edge_ns_) {
    kept_ = static_cast<Microjoules>(whole);
    return;
  }
  out.push_back({*edge_ns_, end_ns, static_cast<Microjoules>(whole), flags, true});
  kept_ = 0;
  edge_ns_ = end_ns;
}

void IntervalChain::AppendHole(std::int64_t end_ns, Flags flags, std::vector<EnergyInterval>& out) {
  WF_CHECK(edge_ns_.has_value());
  kept_ = 0;
  remainder_ = 0;
  if (end_ns > *edge_ns_) {
    out.push_back({*edge_ns_, end_ns, 0, flags, false});
    edge_ns_ = end_ns;
  }
}

}  // namespace wattfleet
