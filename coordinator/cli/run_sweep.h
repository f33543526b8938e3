#ifndef WF_COORDINATOR_CLI_RUN_SWEEP_H_
#define WF_COORDINATOR_CLI_RUN_SWEEP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/cli/fleet_client.h"

namespace wattfleet::coordinator {

struct RunOptions {
  std::string sweep_path;
  std::string data_directory;
  std::vector<std::string> agent_files;  // empty = one agent with everything found here
  ReportRequest report;                  // `sweep` is filled in
};

struct RunOutcome {
  std::string sweep;  // its name
  std::string state;  // that the sweep ended in
  std::string report;
};

// Drives a sweep on this machine from its file to its report; resumes where it was left, and only
// reports when nothing is left to do. INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS or
// FAILED_PRECONDITION for what the user must mend; UNAVAILABLE for what this machine cannot do
// (with the UNSATISFIABLE line); CANCELLED when the user interrupts, with everything durable that
// was done.
absl::StatusOr<RunOutcome> RunSweep(RunOptions options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_RUN_SWEEP_H_
