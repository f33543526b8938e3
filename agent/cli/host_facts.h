#ifndef WF_AGENT_CLI_HOST_FACTS_H_
#define WF_AGENT_CLI_HOST_FACTS_H_

#include <map>
#include <string>

namespace wattfleet::agent {

// What of this machine belongs into an environment: os, kernel, cpu, cpu_governor, nvidia_driver,
// and the changing ones. A fact that the machine does not tell is absent. `root` is
// where /proc, /sys and /etc are.
std::map<std::string, std::string> HostFacts(const std::string& root = "");

// Those that may change while it runs: power_supply (mains or battery), power_mode (the platform
// profile of the firmware, or the mode of a Jetson's nvpmodel).
std::map<std::string, std::string> ChangingHostFacts(const std::string& root = "");

// Changes when the machine starts anew; empty where nobody tells.
std::string BootId(const std::string& root = "");

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CLI_HOST_FACTS_H_
