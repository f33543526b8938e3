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
// found automatically are left out when they do not.
absl::StatusOr<std::vector<std::unique_ptr<PowerSource>>> OpenPowerSources(
    const PowerConfig& config);

// The NVIDIA library that `config` reads, for whoever looks for its devices.
std::string NvmlLibraryOf(const PowerConfig& config);

// What `doctor` says of one source.
struct SourceVerdict {
  std::string source;
  bool usable = false;
  std::vector<std::string> channels;  // when usable
  std::string reason;                 // when not: one line
  std::string remedy;                 // what would mend it; may be empty
};

// One verdict for each source that exists in this program, in the order of their list; those that
// must be asked for by name are tried with the options that `config` gives them.
std::vector<SourceVerdict> DescribePower(const PowerConfig& config);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_OPEN_POWER_SOURCE_H_
