#ifndef WF_COORDINATOR_SERVICE_SUBMISSION_H_
#define WF_COORDINATOR_SERVICE_SUBMISSION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/plan/expand.h"
#include "coordinator/service/coordinator_loop.h"

namespace wattfleet::coordinator {

struct Submitted {
  SweepId sweep;
  bool resumed = false;            // the same file was here before
  bool extended = false;           // the same sweep with more pairs
  std::vector<std::string> notes;  // "UNSATISFIABLE: needs ..., nearest ..."
};

// Takes a sweep into the loop: new, resumed or extended. `served` was opened from `resolved`.
// FAILED_PRECONDITION names the first key that differs from the sweep of that name, or what no
// instance can serve when that is to be refused. On the loop's runner.
absl::StatusOr<Submitted> SubmitSweep(CoordinatorLoop& loop, const std::string& resolved,
                                      std::shared_ptr<const ServedSweep> served, Unserved unserved);

// What judging the sweep may cost, and who judges what its judge cannot, as its file says.
JudgeLimitsSet JudgeLimitsOf(SweepId sweep, const ServedSweep& served);

// Matches all unfinished sweeps with the fleet as it is now: adds pairs that became possible and
// says what still lacks. On the loop's runner.
void MatchSweepsToFleet(CoordinatorLoop& loop);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_SUBMISSION_H_
