#ifndef WF_COORDINATOR_GRADING_EXACT_H_
#define WF_COORDINATOR_GRADING_EXACT_H_

#include <string_view>

#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

// Grades a short text. The answer is what stands in the last \boxed{}; else behind the last "the
// answer is", "Answer:" or "A:"; else the last line, or the whole response. It matches a reference
// when both are the same apart from letter case, runs of space, Markdown, quotes and closing
// punctuation, or when it begins with the reference and goes on as a sentence does ("Yes, because
// ..."). A reference that is a letter in brackets, "(B)", is graded like multiple choice.
class ExactGrader final : public Grader {
 public:
  std::string_view name() const override { return "exact"; }
  std::int32_t version() const override { return 1; }
  Verdict Grade(const Query& query, std::string_view content) const override;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_EXACT_H_
