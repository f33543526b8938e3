#include "coordinator/grading/numeric.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/number.h"
#include "tests/unit/coordinator/grading/query_of.h"

namespace wattfleet::coordinator {
namespace {

using ::wattfleet::testing::LongText;
using ::wattfleet::testing::QueryOf;

bool Accepts(std::string_view content, const std::string& reference) {
  return NumericGrader().Grade(QueryOf({reference}), content).value == VerdictValue::kCorrect;
}

std::string Taken(std::string_view content) {
  const Verdict verdict = NumericGrader().Grade(QueryOf({"0"}), content);
  return verdict.value == VerdictValue::kNoAnswer ? verdict.reason : verdict.extracted;
}

struct Case {
  const char* content;
  const char* reference;
};

TEST(NumericGraderTest, ReadsNumbersAsPeopleWriteThem) {
  for (const Case& c : std::vector<Case>{{"1,234", "1234"},
                                         {"$1,234.50.", "1234.5"},
                                         {"18.00", "18"},
                                         {"-3", "-3"},
                                         {"-$5", "-5"},
                                         {"$-5", "-5"},
                                         {"\xe2\x88\x92"
                                          "5",
                                          "-5"},
                                         {"12 apples", "12"},
                                         {"3/4", "0.75"},
                                         {"1 1/2", "1.5"},
                                         {"\\frac{3}{4}", "0.75"},
                                         {"2\\dfrac{1}{2}", "2.5"},
                                         {"1.5e3", "1500"},
                                         {"1.5 x 10^3", "1500"},
                                         {"1.5 \\times 10^{-3}", "0.0015"},
                                         {"12{,}000", "12000"},
                                         {".5", "0.5"},
                                         {"50%", "50"},
                                         {"50%", "0.5"},
                                         {"50\\%", "50%"},
                                         {"3 million", "3000000"},
                                         {"3 million", "3"},
                                         {"42.", "42"}}) {
    EXPECT_TRUE(Accepts(c.content, c.reference)) << c.content << " for " << c.reference;
  }
}

TEST(NumericGraderTest, ComparesWholeNumbersExactlyAndOthersWithinAMillionth) {
  EXPECT_FALSE(Accepts("10000001", "10000000"));
  EXPECT_TRUE(Accepts("0.33333333", "1/3"));
  EXPECT_FALSE(Accepts("0.333", "1/3"));
  EXPECT_FALSE(Accepts("5", "-5"));
  EXPECT_TRUE(Accepts("0", "-0.0"));
}

TEST(NumericGraderTest, AcceptsAnyOfSeveralReferences) {
  EXPECT_EQ(NumericGrader().Grade(QueryOf({"3", "7"}), "7").value, VerdictValue::kCorrect);
}

TEST(NumericGraderTest, LooksFirstBehindHashesThenBoxesThenMarkersThenAtTheEnd) {
  EXPECT_EQ(Taken("The answer is 3\n#### 18\n(5 lines)"), "18");
  EXPECT_EQ(Taken("The answer is 3, $\\boxed{18}$ of 5"), "18");
  EXPECT_EQ(Taken("First 3.\nThe answer is 18 after 5 days"), "18");
  EXPECT_EQ(Taken("She has 3 * 6 = 18"), "18");
  EXPECT_EQ(Taken("16 - 3 - 4 = 9 eggs.\nThat is 18 dollars every day."), "18");
  EXPECT_EQ(Taken("so\nA: 18 in 5 boxes"), "18");
}

TEST(NumericGraderTest, TakesTheResultOfAnEquation) {
  EXPECT_EQ(Taken("The answer is 9 * 2 = 18 dollars"), "18");
  EXPECT_EQ(Taken("\\boxed{x = 18}"), "18");
}

TEST(NumericGraderTest, TakesTheLastMarkerOfItsOwnAnswer) {
  EXPECT_EQ(Taken("The answer is 3? No: the answer is 18."), "18");
  EXPECT_EQ(Taken("The answer is 18.\n\nQuestion: and then?\nThe answer is 4."), "18");
}

TEST(NumericGraderTest, DoesNotTakeDigitsOfWordsOrSubtractionsForNumbers) {
  EXPECT_EQ(Taken("The answer is 18 units of H2O"), "18");
  EXPECT_EQ(Taken("pick 16-3"), "3");
  EXPECT_EQ(Taken("only CO2 and x_1"), kNoNumber);
}

TEST(NumericGraderTest, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(Taken("I cannot say."), kNoNumber);
  EXPECT_EQ(Taken(""), kEmptyResponse);
  EXPECT_EQ(Taken("<think>18"), kReasoningUnfinished);
  EXPECT_EQ(Taken("<think>18</think>19"), "19");
}

TEST(NumericGraderTest, SurvivesNumbersNoDoubleHolds) {
  EXPECT_FALSE(Accepts(LongText("9"), "9"));
  EXPECT_FALSE(Accepts("1e999999999999", "9"));
  EXPECT_FALSE(Accepts("1/0", "1"));
}

// Anything quadratic would run into the test's time limit.
TEST(NumericGraderTest, StaysLinearOnHostileText) {
  const std::vector<std::pair<const char*, std::string_view>> cases = {{"1,", "1"},
                                                                       {"1/", "1"},
                                                                       {"1 1/", "1"},
                                                                       {"-", kNoNumber},
                                                                       {"\\frac{", kNoNumber},
                                                                       {"e1", kNoNumber},
                                                                       {"H2O\n", kNoNumber},
                                                                       {"A: ", kNoNumber},
                                                                       {"A: 1\n", "1"},
                                                                       {"1 ", "1"},
                                                                       {"=1", "1"},
                                                                       {"answer is 1 ", "1"},
                                                                       {"#### ", kNoNumber},
                                                                       {"\\boxed{1 ", "1"}};
  for (const auto& [piece, taken] : cases) {
    EXPECT_EQ(Taken(LongText(piece)), taken) << piece;
  }
}

TEST(LastNumberTest, LooksOnlyAsFarBackAsItMust) {
  EXPECT_EQ(LastNumber("7\nCO2\nno more")->text, "7");
  EXPECT_EQ(LastNumber("1 and 2\n3 and 4\n")->text, "4");
}

}  // namespace
}  // namespace wattfleet::coordinator
