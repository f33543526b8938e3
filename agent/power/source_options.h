#ifndef WF_AGENT_POWER_SOURCE_OPTIONS_H_
#define WF_AGENT_POWER_SOURCE_OPTIONS_H_

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/power_config.h"

namespace wattfleet::agent {

// Options that say where a source's interface is, in place of PowerPaths.
inline constexpr const char* kNvmlLibraryOption = "library";
inline constexpr const char* kAmdSmiLibraryOption = "library";
inline constexpr const char* kRocmSmiLibraryOption = "rocm_library";
inline constexpr const char* kSysfsRootOption = "sysfs_root";
inline constexpr const char* kProcRootOption = "proc_root";

// INVALID_ARGUMENT for an option that is not among `known`, with the nearest one.
absl::Status CheckOptionNames(const SourceRequest& request, const std::vector<std::string>& known);

// The option `poll_ms`, 10 to 10,000; `standard` where it is not given.
absl::StatusOr<std::chrono::nanoseconds> PollPeriodOption(const SourceOptions& options,
                                                          std::chrono::milliseconds standard);

// The text of an option; `standard` where it is not given.
std::string TextOption(const SourceOptions& options, const std::string& name,
                       const std::string& standard);

// A positive number that the option must have; `what` says what it is, for the error.
absl::StatusOr<double> RequiredNumber(const SourceOptions& options, const std::string& name,
                                      const std::string& what);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_SOURCE_OPTIONS_H_
