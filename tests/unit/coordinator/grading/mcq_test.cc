#include "coordinator/grading/mcq.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/grading/answer_text.h"
#include "tests/unit/coordinator/grading/query_of.h"

namespace wattfleet::coordinator {
namespace {

using ::wattfleet::testing::LongText;
using ::wattfleet::testing::QueryOf;

const std::vector<std::string>& TenOptions() {
  static const auto& options = *new std::vector<std::string>{
      "red", "green", "blue", "40", "42", "a dog", "a cat", "none of the above", "1/2", "3.5 m"};
  return options;
}

// The letter that the grader takes from `content`, or the reason why it takes none.
std::string Taken(std::string_view content, const std::vector<std::string>& options) {
  const Verdict verdict = McqGrader().Grade(QueryOf({"B"}, options), content);
  return verdict.value == VerdictValue::kNoAnswer ? verdict.reason : verdict.extracted;
}
std::string Taken(std::string_view content) {
  return Taken(content, TenOptions());
}

struct Case {
  const char* content;
  std::string_view taken;
};

void ExpectTaken(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(Taken(c.content), c.taken) << c.content;
  }
}

TEST(McqGraderTest, TellsRightFromWrongAndSaysWhatItTook) {
  const McqGrader grader;
  const Query query = QueryOf({"B"}, TenOptions());

  const Verdict right = grader.Grade(query, "The answer is (B).");
  const Verdict wrong = grader.Grade(query, "The answer is (C).");

  EXPECT_EQ(right.value, VerdictValue::kCorrect);
  EXPECT_EQ(right.extracted, "B");
  EXPECT_EQ(right.grader, "mcq");
  EXPECT_EQ(right.reason, "");
  EXPECT_EQ(wrong.value, VerdictValue::kWrong);
}

TEST(McqGraderTest, ReadsAStatedLetterInEverySpelling) {
  ExpectTaken({{"The answer is (B).", "B"},
               {"the answer is B", "B"},
               {"Answer: B", "B"},
               {"**Answer:** B", "B"},
               {"**Answer: B. green**", "B"},
               {"ANSWER = (B)", "B"},
               {"Final Answer:\nB. green", "B"},
               {"The answer is **B**.", "B"},
               {"The answer is **(B)** green.", "B"},
               {"The answer is `B`", "B"},
               {"The answer is \"B\".", "B"},
               {"The answer is: $\\boxed{B}$", "B"},
               {"So $\\boxed{\\text{(B)}}$", "B"},
               {"\\boxed{B. green}", "B"},
               {"The correct answer is option B because it is so.", "B"},
               {"the answer is therefore (B)", "B"},
               {"The answer must be B, as shown.", "B"},
               {"The answer is (b).", "B"},
               {"{\"answer\": \"B\"}", "B"},
               {"The correct option is (B).", "B"},
               {"Therefore, option (B) is the correct answer.", "B"},
               {"I would go with (B), as grass is.", "B"},
               {"My choice is B.", "B"}});
}

TEST(McqGraderTest, ReadsALineThatIsOnlyALetter) {
  ExpectTaken({{"B", "B"},
               {"b", "B"},
               {"(B)", "B"},
               {"B.", "B"},
               {"**B**", "B"},
               {"Some thoughts on it.\n\nB", "B"},
               {"Some thoughts.\n**(B)**\n", "B"},
               {"B\n\nExplanation: grass looks so.", "B"},
               {"Thinking ...\nB. green", "B"}});
}

TEST(McqGraderTest, ReadsAResponseThatBeginsWithItsOnlyLabel) {
  ExpectTaken({{"B. It is the colour of grass.", "B"},
               {"(B) because grass is so.", "B"},
               {"**B)** Grass is so.", "B"},
               {"A. Red is warm.\nB. Green is calm.", kNothingStated},
               {"I. First of all, who knows.", kNothingStated},
               {"B.F. Skinner would know", kNothingStated}});
}

TEST(McqGraderTest, TakesTheTextOfExactlyOneOptionForItsLetter) {
  ExpectTaken({{"The answer is green.", "B"},
               {"The answer is 42. This is sure.", "E"},
               {"A cat", "G"},
               {"It is neither.\n\nNone of the above.", "H"},
               {"The answer is purple.", kNothingStated}});
  EXPECT_EQ(Taken("The answer is red.", {"red", "red", "blue"}), kNothingStated);
}

TEST(McqGraderTest, IsNotFooledByWordsThatBeginOrEndWithALetter) {
  ExpectTaken({{"Answer", kNothingStated},
               {"The answer is NONE", kNothingStated},
               {"The answer is A man with a plan", kNothingStated},
               {"The answer is I think unclear", kNothingStated},
               {"The answer is Cannot be determined", kNothingStated},
               {"The answer is $C(6, 3) = 720$", kNothingStated},
               {"The answer is H2O", kNothingStated},
               {"The answer is F = ma", kNothingStated},
               {"The answer is (II).", kNothingStated},
               {"A good question. I do not know.", kNothingStated},
               {"The closest value is near (C), but who knows", kNothingStated},
               {"If the answer is (C), then all is lost", kNothingStated}});
  EXPECT_EQ(Taken("The answer is A because of it"), "A");
  EXPECT_EQ(Taken("The answer is I."), "I");
}

TEST(McqGraderTest, LetsTheFirstStatementStandInTextThatRunsOn) {
  ExpectTaken({{"The answer is (B).\n\nThe answer is (C).\n\nThe answer is (D).", "B"},
               {"The answer is (B).\n\nQuestion: What else? However, the answer is (C).", "B"},
               {"The answer is (B).\n\nQ: more\nFinal answer: (C)", "B"}});
}

TEST(McqGraderTest, LetsALaterStatementTakeAnEarlierOneBack) {
  ExpectTaken({{"The answer is (C). Wait, I forgot the sign. The answer is (B).", "B"},
               {"The answer is (C).\n\nFinal Answer: The answer is (B).", "B"},
               {"The answer is C. So \\boxed{B}", "B"},
               {"The answer is (C) is incorrect. The answer is (B).", "B"},
               {"\\boxed{C} no, \\boxed{B}", "B"}});
}

TEST(McqGraderTest, DoesNotScoreAnswersThatNameSeveralOptions) {
  ExpectTaken({{"The answer is (A) and (B).", kSeveralStated},
               {"The answer is (A), (B), or (C).", kSeveralStated},
               {"The answer is B, C", kSeveralStated},
               {"The answer is (A, D).", kSeveralStated},
               {"The answer is (C) or (B), but I settle: the answer is (B).", "B"},
               {"The answer is (B), (C) is wrong.", "B"},
               {"The answer is B, I think.", "B"}});
}

TEST(McqGraderTest, TakesTheOptionOnWhichAnAnswerOfSeveralSettles) {
  ExpectTaken(
      {{"The answer is (A) or (E), but of the two the most accurate one is (E).", "E"},
       {"The answer is (A) or (E). The correct option is (A).", "A"},
       {"The answer is (A) or (E).\n\nQuestion: x? The correct option is (A).", kSeveralStated},
       {"The answer is:\nA. red\nC. blue", kSeveralStated},
       {"The answer is:\nC. blue\n\nThat is all.", "C"}});
}

TEST(McqGraderTest, TakesTheFirstOfSeveralWhereItIsAskedTo) {
  const McqGrader grader(SeveralNamed::kTakeFirst);
  const Query query = QueryOf({"A"}, TenOptions());

  EXPECT_EQ(grader.Grade(query, "The answer is (A) and (B).").extracted, "A");
  EXPECT_EQ(grader.Grade(query, "The answer is:\nA. red\nC. blue").extracted, "A");
  EXPECT_EQ(grader.Grade(query, "The answer is (A) and (B).").grader, "mcq_first");
}

TEST(McqGraderTest, TakesTheClosestOptionOnlyWhereItIsTheAnswer) {
  ExpectTaken({{"The answer is not among the choices, but the closest is (D).", "D"},
               {"The answer is not listed, but is closest to (G)", "G"},
               {"The answer is closest to option B.", "B"},
               {"The answer is not among the choices. The closest is far off.", kNothingStated},
               {"The closest value is (C).", kNothingStated}});
}

TEST(McqGraderTest, DoesNotTakePartsFormulasAndCutOffListsForOptions) {
  ExpectTaken({{"The answer is (a) 11.1 amps, (b) 29.4 amps.", kNothingStated},
               {"The answer is (b) Three. The answer is (F).", "F"},
               {"The answer is (d).", "D"},
               {"The answer is (d) because of it.", "D"},
               {"So the answer is $C = 5/9(F - 32)$. The answer is (F).", "F"},
               {"The answer is: A - B = -113", kNothingStated},
               {"The choices:\nA. red\nB. green\nC", kNothingStated},
               {"The choices:\nA. red\nB. green\n\n**C**", "C"}});
}

TEST(McqGraderTest, RefusesALetterBeyondTheOptions) {
  EXPECT_EQ(Taken("The answer is (E).", {"a", "b", "c", "d"}), kOutsideOptions);
  EXPECT_EQ(Taken("E", {"a", "b", "c", "d"}), kNothingStated);
  EXPECT_EQ(Taken("The answer is (E). Wait, the answer is (D).", {"a", "b", "c", "d"}), "D");
}

TEST(McqGraderTest, KeepsWhatWasStatedInsteadOfAnAnswer) {
  const McqGrader grader;
  const Query query = QueryOf({"B"}, {"a", "b", "c", "d"});

  EXPECT_EQ(grader.Grade(query, "The answer is (A) and (B). So it is.").extracted, "A) and (B)");
  EXPECT_EQ(grader.Grade(query, "The answer is (E).").extracted, "E)");
  EXPECT_EQ(grader.Grade(query, "I do not know.").extracted, "");
}

TEST(McqGraderTest, KnowsOneToTwentySixOptions) {
  const std::vector<std::string> all(26, "");

  EXPECT_EQ(Taken("The answer is (A).", {"only"}), "A");
  EXPECT_EQ(Taken("The answer is (B).", {"only"}), kOutsideOptions);
  EXPECT_EQ(Taken("The answer is (Z).", all), "Z");
}

TEST(McqGraderTest, SkipsReasoning) {
  ExpectTaken({{"<think>The answer is (A).</think>The answer is (B).", "B"},
               {"<think>The answer is (A).", kReasoningUnfinished},
               {"The answer is (A)</think> B", "B"},
               {"", kEmptyResponse},
               {" \n ", kEmptyResponse}});
}

TEST(McqGraderTest, ReadsBytesThatAreNotText) {
  EXPECT_EQ(Taken("\xff\xfe The answer is (B).\xc3"), "B");
  EXPECT_EQ(Taken(std::string("\0\0 Answer: B\0", 13)), "B");
}

// Anything quadratic would run into the test's time limit.
TEST(McqGraderTest, StaysLinearOnHostileText) {
  const std::vector<Case> cases = {{"The answer is (A). ", "A"},
                                   {"The answer is (A) and (B). ", kSeveralStated},
                                   {"answer is ", kNothingStated},
                                   {"((((", kNothingStated},
                                   {"\\boxed{", kNothingStated},
                                   {"\\boxed{A} ", "A"},
                                   {"<think>", kReasoningUnfinished},
                                   {"</think>", kReasoningUnfinished},
                                   {"<", kNothingStated},
                                   {"\n\nQuestion: answer: C. wait ", "C"},
                                   {"****", kNothingStated},
                                   {"option (A) is the correct answer. ", "A"},
                                   {"correct option is ", kNothingStated},
                                   {"A. red ", "A"}};
  for (const Case& c : cases) {
    EXPECT_EQ(Taken(LongText(c.content)), c.taken) << c.content;
  }
}

TEST(McqGraderTest, FindsTheAnswerBehindLongReasoning) {
  EXPECT_EQ(Taken(LongText("Let me think about this answer a little more. ") + "Answer: B"), "B");
}

}  // namespace
}  // namespace wattfleet::coordinator
