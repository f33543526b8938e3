#include "coordinator/grading/exact.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/grading/answer_text.h"
#include "tests/unit/coordinator/grading/query_of.h"

namespace wattfleet::coordinator {
namespace {

using ::wattfleet::testing::LongText;
using ::wattfleet::testing::QueryOf;

bool Accepts(std::string_view content, const std::string& reference) {
  return ExactGrader().Grade(QueryOf({reference}), content).value == VerdictValue::kCorrect;
}

TEST(ExactGraderTest, AcceptsTheReferenceApartFromItsDress) {
  for (const char* content :
       {"True", "true", " **True**. ", "\"True\"", "The answer is True.", "So the answer is: true",
        "Answer: True", "thinking\nA: True", "$\\boxed{True}$", "It holds.\n\nTrue",
        "The answer is True because of it.", "True, since it holds."}) {
    EXPECT_TRUE(Accepts(content, "True")) << content;
  }
}

TEST(ExactGraderTest, RefusesWhatOnlyContainsTheReference) {
  EXPECT_FALSE(Accepts("invalid", "valid"));
  EXPECT_FALSE(Accepts("The answer is not valid", "valid"));
  EXPECT_FALSE(Accepts("The answer is invalid. A valid one would differ", "valid"));
  EXPECT_FALSE(Accepts("The answer is True or False", "True"));
  EXPECT_FALSE(Accepts("The valid argument", "valid"));
  EXPECT_FALSE(Accepts("yesterday", "yes"));
}

TEST(ExactGraderTest, ComparesTextsOfMarksAsTheyStand) {
  EXPECT_TRUE(Accepts("} ] )", "} ] )"));
  EXPECT_TRUE(Accepts("The answer is > )", "> )"));
  EXPECT_FALSE(Accepts("} ]", "} )"));
  EXPECT_FALSE(Accepts("...", "!!"));
}

TEST(ExactGraderTest, ReadsABracketedLetterLikeMultipleChoice) {
  EXPECT_TRUE(Accepts("(B)", "(B)"));
  EXPECT_TRUE(Accepts("So the answer is (B).", "(B)"));
  EXPECT_TRUE(Accepts("Answer: **B**", "(B)"));
  EXPECT_TRUE(Accepts("A: (B)", "(B)"));
  EXPECT_FALSE(Accepts("So the answer is (A).", "(B)"));
  EXPECT_FALSE(Accepts("The answer is (A) and (B).", "(B)"));
}

TEST(ExactGraderTest, AcceptsAnyAlias) {
  const Query query = QueryOf({"USA", "United States", "United States of America"});

  EXPECT_EQ(ExactGrader().Grade(query, "The answer is the United States.").value,
            VerdictValue::kWrong);
  EXPECT_EQ(ExactGrader().Grade(query, "The answer is United  States.").value,
            VerdictValue::kCorrect);
}

TEST(ExactGraderTest, TakesTheLastMarkerOfItsOwnAnswer) {
  EXPECT_TRUE(Accepts("The answer is no. Wait. The answer is yes.", "yes"));
  EXPECT_TRUE(Accepts("The answer is yes.\n\nQ: Next?\nA: no", "yes"));
}

TEST(ExactGraderTest, ComparesTextOfManyWords) {
  EXPECT_TRUE(Accepts("The answer is apple bear  zoo", "apple bear zoo"));
  EXPECT_FALSE(Accepts("The answer is bear apple zoo", "apple bear zoo"));
}

TEST(ExactGraderTest, ShowsWhatItTook) {
  EXPECT_EQ(ExactGrader().Grade(QueryOf({"x"}), "Well.\nThe answer is **blue**.").extracted,
            "blue");
  EXPECT_LE(ExactGrader().Grade(QueryOf({"x"}), LongText("ab")).extracted.size(), 256U);
}

TEST(ExactGraderTest, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(ExactGrader().Grade(QueryOf({"x"}), " ").reason, kEmptyResponse);
  EXPECT_EQ(ExactGrader().Grade(QueryOf({"x"}), "<think>x").reason, kReasoningUnfinished);
}

// Anything quadratic would run into the test's time limit.
TEST(ExactGraderTest, StaysLinearOnHostileText) {
  for (const char* piece :
       {"A: x\n", "answer is ", ". ", "a", "\\boxed{", "<think></think>", "\n"}) {
    EXPECT_FALSE(Accepts(LongText(piece), "never")) << piece;
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
