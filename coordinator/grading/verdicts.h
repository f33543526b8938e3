#ifndef WF_COORDINATOR_GRADING_VERDICTS_H_
#define WF_COORDINATOR_GRADING_VERDICTS_H_

#include <string>
#include <string_view>
#include <utility>

#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

// A verdict in the name of `grader`: no answer, and why.
inline Verdict NoAnswer(const Grader& grader, std::string_view reason) {
  Verdict verdict;
  verdict.value = VerdictValue::kNoAnswer;
  verdict.grader = std::string(grader.name());
  verdict.grader_version = grader.version();
  verdict.reason = std::string(reason);
  return verdict;
}

// A verdict in the name of `grader` on what was taken as the answer.
inline Verdict Decided(const Grader& grader, bool correct, std::string extracted) {
  Verdict verdict;
  verdict.value = correct ? VerdictValue::kCorrect : VerdictValue::kWrong;
  verdict.grader = std::string(grader.name());
  verdict.grader_version = grader.version();
  verdict.extracted = std::move(extracted);
  return verdict;
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_VERDICTS_H_
