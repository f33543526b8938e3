#ifndef WF_COORDINATOR_AUDIT_JUDGE_SAMPLE_H_
#define WF_COORDINATOR_AUDIT_JUDGE_SAMPLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/audit/compare_graders.h"
#include "coordinator/store/records.h"
#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// In whose name people's labels are stored.
inline constexpr char kHumanGrader[] = "human";

// A sheet of `n` judged answers for a person to label, as CSV: id, question, reference, answer,
// label (empty). Blind: neither the model, the judge nor its verdict can be told from it. Chosen
// and ordered by a hash, so the same sweep gives the same sheet. FAILED_PRECONDITION: nothing is
// judged.
absl::StatusOr<std::string> JudgeSheet(SweepView& view, const Workload& workload, std::int64_t n);

// What a judge's verdicts are worth, by the labels of people.
struct JudgeAgainstPeople {
  std::string grader;
  std::int64_t judged = 0;  // answers with a verdict of this judge, over all pairs
  std::int64_t judged_correct = 0;
  GraderComparison labelled;  // "stored" = the judge, "other" = the person

  // Share of those correct by people that the judge calls correct, and of those wrong that it calls
  // wrong; absent without any.
  std::optional<double> Sensitivity() const;
  std::optional<double> Specificity() const;
  // The accuracy that the judge's word stands for: (observed + specificity - 1) / (sensitivity +
  // specificity - 1), within [0, 1] (Rogan and Gladen 1978). Absent where a rate is, or where the
  // judge tells right from wrong no better than chance.
  std::optional<double> CorrectedAccuracy() const;
};

struct LabelledSheet {
  std::vector<AddedVerdict> verdicts;  // of kHumanGrader
  std::vector<JudgeAgainstPeople> judges;
  std::int64_t unlabelled = 0;  // rows whose label is empty
};

// Reads a sheet that was labelled: correct or wrong (or true, false) in the column `label`; other
// columns may be anywhere or gone, but for `id`. INVALID_ARGUMENT names the line and what is wrong.
absl::StatusOr<LabelledSheet> ReadJudgeSheet(SweepView& view, std::string_view csv);

std::string RenderJudgesAgainstPeople(const LabelledSheet& sheet);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_AUDIT_JUDGE_SAMPLE_H_
