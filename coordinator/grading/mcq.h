#ifndef WF_COORDINATOR_GRADING_MCQ_H_
#define WF_COORDINATOR_GRADING_MCQ_H_

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

// What a response to a multiple-choice question answers.
struct ChoiceAnswer {
  char letter = 0;          // 'A'..'Z'; 0 = none
  std::string_view reason;  // why there is none
};

// Reads the choice that `text` (reasoning already cut) states, of the first `options` letters.
// `option_texts` may be empty; otherwise an answer given as an option's text counts as its letter.
//
// In this order, the first that yields something:
//  1. statements: "the answer is (B)", "Answer: B", "\boxed{B}". The first stands unless a later
//  one
//     takes it back: a final one ("Final answer:", \boxed), or one behind a word of correction
//     ("wait", "however"). One that names several options is no answer by itself. Nothing counts
//     from where the text starts a next question;
//  2. "the correct option is B", "(B) is the correct answer";
//  3. a last or first line that is only a letter, or a last line that is a letter and its text;
//  4. a response that begins with the label of an option, "B. ...", and labels no other;
//  5. the text of exactly one option, behind "the answer is", as the last line or the whole.
// Options merely mentioned in prose ("the closest is (C)") are not answers.
ChoiceAnswer ReadChoice(std::string_view text, int options,
                        const std::vector<std::string>& option_texts);

class McqGrader final : public Grader {
 public:
  std::string_view name() const override { return "mcq"; }
  std::int32_t version() const override { return 1; }
  Verdict Grade(const Query& query, std::string_view content) const override;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_MCQ_H_
