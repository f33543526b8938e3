#ifndef WF_COORDINATOR_AUDIT_COMPARE_GRADERS_H_
#define WF_COORDINATOR_AUDIT_COMPARE_GRADERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/result.h"
#include "coordinator/grading/grader.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// One answer on which two graders differ in whether it is correct.
struct Disagreement {
  std::string query_id;
  Verdict stored;
  Verdict other;
};

// How another grader judges the answers of one pair, beside the verdicts in force.
struct GraderComparison {
  std::string pair;
  std::int64_t both = 0;         // correct by both
  std::int64_t only_stored = 0;  // correct by the verdict in force alone
  std::int64_t only_other = 0;
  std::int64_t neither = 0;
  std::int64_t no_answer_stored = 0;
  std::int64_t no_answer_other = 0;
  std::int64_t without_text = 0;      // no text is stored, so none is compared
  std::vector<Disagreement> samples;  // the first ones, in unit order

  std::int64_t compared() const { return both + only_stored + only_other + neither; }
  // Cohen's kappa of correct against not correct; absent where chance alone agrees on all.
  std::optional<double> Kappa() const;
};

// Compares the verdicts in force of every pair with those of `grader` on the stored texts. Changes
// nothing. At most `samples` disagreements are kept of each pair.
absl::StatusOr<std::vector<GraderComparison>> CompareGraders(SweepView& view,
                                                             const Workload& workload,
                                                             const Grader& grader,
                                                             std::size_t samples);

std::string RenderGraderComparisons(const std::vector<GraderComparison>& comparisons,
                                    const Grader& grader);
std::string RenderGraderComparisonsJson(const std::vector<GraderComparison>& comparisons,
                                        const Grader& grader);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_AUDIT_COMPARE_GRADERS_H_
