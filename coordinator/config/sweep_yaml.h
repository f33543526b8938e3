#ifndef WF_COORDINATOR_CONFIG_SWEEP_YAML_H_
#define WF_COORDINATOR_CONFIG_SWEEP_YAML_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/config/load.h"
#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// Reads a sweep file; ${VAR} expands. Relative paths in it (a workload to import, recordings, refs
// that begin with "./" or "../", key files) are taken from the file's own folder and become
// absolute. INVALID_ARGUMENT as "file:line:column: message"; NOT_FOUND when there is no such file.
absl::StatusOr<SweepFile> LoadSweepFile(
    const std::string& path, const config::Variables& variables = config::ProcessEnvironment());

// Likewise from text; `origin` is its name in messages, `directory` where relative paths begin.
absl::StatusOr<SweepFile> ParseSweep(const std::string& text, const std::string& origin,
                                     const std::string& directory,
                                     const config::Variables& variables);

// Reads what ResolvedSweep wrote. No variable expands.
absl::StatusOr<SweepFile> ParseResolvedSweep(const std::string& text);

// The file with every default written down and every path absolute: what is stored with the sweep.
// No secret can be in it: keys are named by file only, and URLs may carry none.
std::string ResolvedSweep(const SweepFile& file);

// Whether the files of this machine that the sweep names can be read: the workload to import,
// recordings. INVALID_ARGUMENT names the first that cannot, and the nearest one there.
absl::Status CheckFilesExist(const SweepFile& file);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CONFIG_SWEEP_YAML_H_
