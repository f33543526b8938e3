#ifndef WF_COORDINATOR_GRADING_NUMERIC_H_
#define WF_COORDINATOR_GRADING_NUMERIC_H_

#include <string_view>

#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

// Grades a number. The answer is the number behind the last "####"; else inside the last \boxed{};
// else behind the last "the answer is", "Answer:" or "A:" (behind its last "=", where that line is
// an equation); else the last number of the text. Nothing counts from where the text starts a next
// question. Compared as SameQuantity says.
class NumericGrader final : public Grader {
 public:
  std::string_view name() const override { return "numeric"; }
  std::int32_t version() const override { return 1; }
  Verdict Grade(const Query& query, std::string_view content) const override;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_NUMERIC_H_
