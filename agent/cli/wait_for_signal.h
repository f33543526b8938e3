#ifndef WF_AGENT_CLI_WAIT_FOR_SIGNAL_H_
#define WF_AGENT_CLI_WAIT_FOR_SIGNAL_H_

#include <chrono>
#include <csignal>

namespace wattfleet::agent {

// Lets `span` pass; false when one of the signals, which every thread blocks, came first.
bool PassedWithoutSignal(const sigset_t& stop, std::chrono::nanoseconds span);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_WAIT_FOR_SIGNAL_H_
