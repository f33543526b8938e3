#ifndef WF_AGENT_POWER_CHANNEL_OVERLAP_H_
#define WF_AGENT_POWER_CHANNEL_OVERLAP_H_

#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"

#include "agent/power/power_source.h"

namespace wattfleet::agent {

// Whether no figure that is made of these sources counts a part of a machine twice.
// FAILED_PRECONDITION names the first two channels that would, and what to do.
//
// Channels that cover the same part are welcome as alternatives, of which a class takes one
// (common/domain/class_table.h): those of different scopes that no class adds (a package inside a
// platform, anything inside the plug's), and those of one scope from different sources. A class
// adds up all channels of one scope and source, and those of the scopes in its row. So refused are:
//   - two channels of one name;
//   - of one source, two on the same device whose parts overlap, in scopes that a class adds;
//   - of one source, one on a device and one of the whole host that contains it, likewise.
// Several channels of the whole host in one scope are parts of it (sockets, power supplies), which
// nothing here can tell from one counted twice.
absl::Status CheckNoOverlap(std::span<const PowerSource* const> sources);
absl::Status CheckNoOverlap(const std::vector<std::unique_ptr<PowerSource>>& sources);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_CHANNEL_OVERLAP_H_
