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
  std::string_view stated;  // what was stated instead: several options, or one that is not there
};

// What a statement that names several options, "the answer is (A) and (C)", counts for.
enum class SeveralNamed {
  kRefuse,    // nothing: one option is right, and none was chosen
  kTakeFirst  // its first letter, as the scripts of published benchmarks read it
};

struct OptionSet {
  int count = 26;  // the first so many letters are options, 1..26
  SeveralNamed several = SeveralNamed::kRefuse;
};

// Reads the choice that `text` (reasoning already cut) states. `option_texts` may be empty;
// otherwise an answer given as an option's text counts as its letter.
//
// In this order, the first that yields something:
//  1. statements: "the answer is (B)", "Answer: B", "\boxed{B}", "the answer is not listed, but the
//     closest is (B)". The first stands unless a later one takes it back: a final one ("Final
//     answer:", \boxed), or one behind a word of correction ("wait", "however"). One that names
//     several options is no answer, unless the text goes on to settle on one. A small letter in
//     brackets counts only where it is not the label of a part, "(a) 3 m". Nothing counts from
//     where the text starts a next question;
//  2. "the correct option is B", "(B) is the correct answer", "the most likely one is B";
//  3. a last or first line that is only a letter, or a last line that is a letter and its text;
//  4. a response that begins with the label of an option, "B. ...", and labels no other;
//  5. the text of exactly one option, behind "the answer is", as the last line or the whole.
// Options merely mentioned in prose ("the closest is (C)") are not answers.
ChoiceAnswer ReadChoice(std::string_view text, const OptionSet& options,
                        const std::vector<std::string>& option_texts);

// Grades the letter of an option: "mcq" refuses a statement that names several options, "mcq_first"
// takes its first, for comparison with published figures. 1 to 26 options; 26 where the query lists
// none.
class McqGrader final : public Grader {
 public:
  explicit McqGrader(SeveralNamed several = SeveralNamed::kRefuse) : several_(several) {}
  std::string_view name() const override {
    return several_ == SeveralNamed::kRefuse ? "mcq" : "mcq_first";
  }
  std::int32_t version() const override { return several_ == SeveralNamed::kRefuse ? 2 : 1; }
  Verdict Grade(const Query& query, std::string_view content) const override;

 private:
  SeveralNamed several_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_MCQ_H_
