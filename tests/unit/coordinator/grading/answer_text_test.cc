#include "coordinator/grading/answer_text.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/grading/query_of.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Visible(std::string_view content) {
  std::string storage;
  return std::string(SkipReasoning(content, storage));
}

TEST(SkipReasoningTest, CutsEverySpan) {
  EXPECT_EQ(Visible("a<think>x</think>b<thinking>y</thinking>c"), "abc");
}

TEST(SkipReasoningTest, LetsAnUnfinishedSpanSwallowTheRest) {
  EXPECT_EQ(Visible("before<think>The answer is (A)."), "before");
}

TEST(SkipReasoningTest, TakesAnEndWithoutABeginningAsTheEndOfReasoning) {
  EXPECT_EQ(Visible("The answer is (A)? No.</think>The answer is (B)."), "The answer is (B).");
}

TEST(SkipReasoningTest, DoesNotCopyTextWithoutReasoning) {
  const std::string content = "1 < 2 and <b>bold</b>";
  std::string storage;

  EXPECT_EQ(SkipReasoning(content, storage).data(), content.data());
}

TEST(SkipReasoningTest, SaysWhetherSilenceIsReasoningOrNothing) {
  EXPECT_EQ(ReasonForSilence("  "), kEmptyResponse);
  EXPECT_EQ(ReasonForSilence("<think>so"), kReasoningUnfinished);
}

TEST(FindAnswerMarkersTest, FindsTheWordInAnyCaseWithItsConnector) {
  for (const char* text : {"The answer is X", "ANSWER: X", "**Answer**: X", "answer = X",
                           "\"answer\": X", "The correct answer choice would be X"}) {
    const auto markers = FindAnswerMarkers(text, ShortForm::kIgnore);

    ASSERT_THAT(markers, SizeIs(1)) << text;
    EXPECT_EQ(std::string(text).substr(markers[0].stated), "X") << text;
  }
}

TEST(FindAnswerMarkersTest, LeavesOutConditionsDenialsAndOtherWords) {
  for (const char* text : {"if the answer is X", "whether the correct answer is X",
                           "I do not think so, not the answer: X", "answering: X", "to answer X",
                           "the answer may be X"}) {
    EXPECT_THAT(FindAnswerMarkers(text, ShortForm::kIgnore), IsEmpty()) << text;
  }
}

TEST(FindAnswerMarkersTest, CountsTheShortFormOnlyAtTheStartOfALineAndWhenAsked) {
  EXPECT_THAT(FindAnswerMarkers("so\nA: 5", ShortForm::kCount), SizeIs(1));
  EXPECT_THAT(FindAnswerMarkers("so A: 5", ShortForm::kCount), IsEmpty());
  EXPECT_THAT(FindAnswerMarkers("so\nA: 5", ShortForm::kIgnore), IsEmpty());
}

TEST(EndOfOwnAnswerTest, StopsWhereANextQuestionStarts) {
  const std::string text = "The answer is 3.\n\n**Question: 2 + 2?\nThe answer is 4.";

  EXPECT_EQ(text.substr(0, EndOfOwnAnswer(text, 0)), "The answer is 3.");
  EXPECT_EQ(EndOfOwnAnswer("a question\nQuestionable: x", 0), 26U);
}

TEST(LastBoxedTest, BalancesBraces) {
  EXPECT_EQ(LastBoxed("\\boxed{1} then $\\boxed{\\frac{1}{2}}$."), "\\frac{1}{2}");
  EXPECT_EQ(LastBoxed("\\boxed{1"), std::nullopt);
}

TEST(NormalisedTest, DropsMarksCaseAndRunsOfSpace) {
  EXPECT_EQ(Normalised(" **The  \"Red\nBook\".** "), "the \"red book");
  EXPECT_EQ(Normalised("(?!)"), "(?!)");
  EXPECT_EQ(Normalised("..."), "");
}

TEST(LastLineTest, SkipsBlankLines) {
  EXPECT_EQ(LastLine("a\n b \n\n  \n"), "b");
  EXPECT_EQ(LastLine(" \n"), "");
}

}  // namespace
}  // namespace wattfleet::coordinator
