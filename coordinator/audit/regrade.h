#ifndef WF_COORDINATOR_AUDIT_REGRADE_H_
#define WF_COORDINATOR_AUDIT_REGRADE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/grading/grader.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// What a regrade made of one pair.
struct RegradedPair {
  std::string pair;
  std::int64_t correct = 0;
  std::int64_t wrong = 0;
  std::int64_t no_answer = 0;
  std::int64_t without_text = 0;    // results whose text is not stored: no verdict
  std::int64_t without_grader = 0;  // results on queries whose own grader is a judge: no verdict
  std::int64_t verdicts() const { return correct + wrong + no_answer; }
};

// Takes verdicts as they are made, at most `kVerdictsPerBatch` at a time.
using VerdictSink = std::function<absl::Status(std::vector<AddedVerdict>)>;
inline constexpr std::size_t kVerdictsPerBatch = 10'000;

// Grades the stored answers of every pair again: with `grader`, or, where it is null, each query
// with its own in this program's version. Reruns nothing; results that failed for good stay
// pending. An error of the sink ends it.
absl::StatusOr<std::vector<RegradedPair>> Regrade(SweepView& view, const Workload& workload,
                                                  const Grader* grader, const VerdictSink& sink);

std::string RenderRegraded(const std::vector<RegradedPair>& pairs, const Grader* grader);
std::string RenderRegradedJson(const std::vector<RegradedPair>& pairs, const Grader* grader);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_AUDIT_REGRADE_H_
