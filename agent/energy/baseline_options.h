#ifndef WF_AGENT_ENERGY_BASELINE_OPTIONS_H_
#define WF_AGENT_ENERGY_BASELINE_OPTIONS_H_

#include <chrono>

namespace wattfleet::agent {

// How the loaded-idle power is measured (reference: energy.md 6).
struct BaselineOptions {
  std::chrono::nanoseconds settle{std::chrono::seconds(10)};  // clocks step down after work
  std::chrono::nanoseconds span{std::chrono::seconds(30)};
  std::chrono::nanoseconds window{std::chrono::seconds(1)};
  int tries = 3;
  int cooling_tries = 3;  // beyond them, while the device's temperature moves
  std::chrono::nanoseconds tick{std::chrono::milliseconds(100)};
  // How long after the span its last intervals may take; longer where a channel is slow
  // (MeteredHost::KnownAfter).
  std::chrono::nanoseconds patience{std::chrono::seconds(3)};
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_BASELINE_OPTIONS_H_
