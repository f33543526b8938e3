#ifndef WF_AGENT_ENGINE_RUNNING_ENGINE_H_
#define WF_AGENT_ENGINE_RUNNING_ENGINE_H_

#include <optional>
#include <string_view>

#include "common/process/process_table.h"

namespace wattfleet::agent {

// The process that does the work of an engine which we did not start, by the port of its loopback
// URL. Nothing where that cannot be known: the listener is another user's or in a container, it is
// this process's own family or the system's first process, or it is one of the programs that are
// known to hand the work on to others (container port forwarders, reverse proxies, tunnels).
std::optional<int> ProcessBehind(const ProcessTable& table, std::string_view url, int own_pid);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_RUNNING_ENGINE_H_
