#ifndef WF_AGENT_POWER_SYSTEMATIC_ERROR_H_
#define WF_AGENT_POWER_SYSTEMATIC_ERROR_H_

namespace wattfleet::agent {

// The fact `systematic_relative` of a channel whose gain may be anything within +- `half_width`
// (0.05: 5 %): one standard deviation of a uniform distribution.
constexpr double SystematicRelative(double half_width) {
  constexpr double kSquareRootOf3 = 1.7320508075688772;
  return half_width / kSquareRootOf3;
}

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_SYSTEMATIC_ERROR_H_
