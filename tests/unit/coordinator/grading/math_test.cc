#include "coordinator/grading/math.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/grading/answer_text.h"
#include "tests/unit/coordinator/grading/query_of.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::wattfleet::testing::LongText;
using ::wattfleet::testing::QueryOf;

Verdict Grade(std::string_view content, const std::string& reference) {
  return MathGrader().Grade(QueryOf({reference}), content);
}

bool Accepts(std::string_view content, const std::string& reference) {
  return Grade(content, reference).value == VerdictValue::kCorrect;
}

TEST(MathGraderTest, FindsTheAnswerWhereModelsPutIt) {
  for (const char* content :
       {"\\boxed{\\frac{1}{2}}", "So $x = 3$ and then $$\\boxed{\\dfrac{2}{4}}.$$",
        "The answer is $\\frac12$.", "**Answer:** $0.5$", "The final answer is: 1/2",
        "Thus the answer is $x=\\frac{1}{2}$ because $2x=1$.", "#### 0.5", "Hence $x = 0.5$.",
        "We get\n\n\\(x = \\frac{1}{2}\\)", "0.5", "A: 1/2\n\nQ: What next?\nA: 7",
        "The answer is $1$. Wait. The answer is $\\frac{1}{2}$."}) {
    EXPECT_TRUE(Accepts(content, "\\frac{1}{2}")) << content;
  }
}

TEST(MathGraderTest, RefusesNearMisses) {
  EXPECT_FALSE(Accepts("\\boxed{\\frac{1}{3}}", "\\frac{1}{2}"));
  EXPECT_FALSE(Accepts("The answer is $(1,2)$", "(2,1)"));
  EXPECT_FALSE(Accepts("\\boxed{[0,1)}", "(0,1)"));
}

TEST(MathGraderTest, AcceptsAnyReferenceAndShowsWhatItTook) {
  const Verdict verdict = MathGrader().Grade(QueryOf({"7", "x+1"}), "\\boxed{1 + x}");

  EXPECT_EQ(verdict.value, VerdictValue::kCorrect);
  EXPECT_EQ(verdict.extracted, "1 + x");
  EXPECT_EQ(verdict.grader, "math");
}

TEST(MathGraderTest, SaysWhatItCannotReadAndKeepsIt) {
  const Verdict verdict = Grade("\\boxed{\\oint_C f}", "2\\pi");

  EXPECT_EQ(verdict.value, VerdictValue::kNoAnswer);
  EXPECT_THAT(verdict.reason, HasSubstr("cannot be read as mathematics: \"\\oint\""));
  EXPECT_EQ(verdict.extracted, "\\oint_C f");
  EXPECT_THAT(Grade("\\boxed{\\frac{1}{}}", "1").reason, HasSubstr("cannot be read"));
}

TEST(MathGraderTest, ComparesTheSpellingWhereTheReferenceIsNoMathematicsItReads) {
  EXPECT_TRUE(Accepts("The answer is $\\int_0^1 f$.", "\\int_0^1 f"));
  EXPECT_EQ(Grade("\\boxed{1}", "\\int_0^1 f").value, VerdictValue::kWrong);
}

TEST(MathGraderTest, SkipsReasoningAndSaysWhyThereIsNoAnswer) {
  EXPECT_TRUE(Accepts("<think>\\boxed{1}</think>\\boxed{2}", "2"));
  EXPECT_EQ(Grade("<think>\\boxed{1}", "1").reason, kReasoningUnfinished);
  EXPECT_EQ(Grade(" ", "1").reason, kEmptyResponse);
  EXPECT_EQ(Grade("\\boxed{}", "1").reason, kNothingStated);
  EXPECT_EQ(Grade("$$", "1").value, VerdictValue::kNoAnswer);
}

// Anything quadratic would run into the test's time limit.
TEST(MathGraderTest, StaysLinearOnHostileText) {
  for (const char* piece : {"$", "$$", "\\(", "$x$ ", "\\boxed{", "\\boxed{1} ", "{", "answer is $",
                            "A: x\n", "\\frac{", "^", "#### ", "\\sqrt", "\\text{", "1,", "("}) {
    EXPECT_FALSE(Accepts(LongText(piece), "never")) << piece;
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
