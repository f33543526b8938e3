#ifndef WF_AGENT_POWER_OPEN_POWER_SOURCE_H_
#define WF_AGENT_POWER_OPEN_POWER_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"

namespace wattfleet::agent {

// Opens the source of that name. INVALID_ARGUMENT: no such source or option (the nearest is
// named), or a bad value; NOT_FOUND: the machine has no such sensor; PERMISSION_DENIED and others:
// it has, and this is why it cannot be read. RemedyOf the status says what would mend it.
absl::StatusOr<std::unique_ptr<PowerSource>> OpenPowerSource(const SourceRequest& request,
                                                             const PowerPaths& paths);

// Opens what `config` asks for: an error when a source asked for by name does not open; those
// found automatically are left out when they do not, or when another one before them sees the same.
// An error, too, when their channels would count a part of the machine twice (channel_overlap.h).
absl::StatusOr<std::vector<std::unique_ptr<PowerSource>>> OpenPowerSources(
    const PowerConfig& config);

// Where the GPU sources of `config` read, for whoever looks for their devices.
PowerPaths PathsOf(const PowerConfig& config);

// What `doctor` says of one source.
struct SourceVerdict {
  std::string source;
  std::string reason;                   // why it is not usable, in one line; empty: it is
  std::string remedy;                   // what would mend it; may be empty
  bool was_asked_for = false;           // by name
  bool is_used = false;                 // by an agent with this configuration, when usable
  std::unique_ptr<PowerSource> opened;  // when usable

  bool is_usable() const { return opened != nullptr; }
};

// A verdict for each source that exists in this program, in the order of their list, and for each
// that `config` asks for; those that must be asked for by name and are not are not tried.
std::vector<SourceVerdict> DescribePower(const PowerConfig& config);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_OPEN_POWER_SOURCE_H_
