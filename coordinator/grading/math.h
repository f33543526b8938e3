#ifndef WF_COORDINATOR_GRADING_MATH_H_
#define WF_COORDINATOR_GRADING_MATH_H_

#include <string_view>

#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

// Grades mathematics in LaTeX. The answer is the last \boxed{}; else what stands behind the last
// "the answer is" or "Answer:", its first $...$ where it has one; else behind the last "####"; else
// the last $...$ of the last line, or all of it. Nothing counts from where the text starts a next
// question. Right when it says the same as a reference (math/equivalence.h), or is spelled the
// same. An answer that cannot be read as mathematics, where the reference can, is no answer: the
// reason says what was not understood, and `extracted` what stood there.
class MathGrader final : public Grader {
 public:
  std::string_view name() const override { return "math"; }
  std::int32_t version() const override { return 1; }
  Verdict Grade(const Query& query, std::string_view content) const override;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_MATH_H_
