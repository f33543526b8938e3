#ifndef WF_AGENT_POWER_UNSTATED_WINDOW_H_
#define WF_AGENT_POWER_UNSTATED_WINDOW_H_

#include <chrono>

namespace wattfleet::agent {

// The window taken for power that is a mean of a span which its vendor does not state, as that of
// AMD's firmware: figures need ten of it, 3 s (reference: energy.md 2.16).
inline constexpr std::chrono::milliseconds kUnstatedWindow{300};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_UNSTATED_WINDOW_H_
