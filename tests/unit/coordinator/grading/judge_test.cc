#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/judge_prompt.h"
#include "coordinator/grading/judge_reply.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

const JudgeTask kReferenceTask{.grader = "judge-reference@1/gpt",
                               .grader_version = 1,
                               .protocol = JudgeProtocol::kReference,
                               .answers = 10};
const JudgeTask kPairwiseTask{.grader = "judge-pairwise-agree@1/gpt",
                              .grader_version = 1,
                              .protocol = JudgeProtocol::kPairwise,
                              .answers = 10};

VerdictValue Reference(const std::string& reply) {
  return ReadJudgeReply(kReferenceTask, {}, reply).value;
}
VerdictValue Pairwise(const std::string& reply, std::int64_t order) {
  return ReadJudgeReply(kPairwiseTask, {.order = order}, reply).value;
}

TEST(JudgeReply, TrueAndFalseAreReadAfterTheMarkerOrAloneOnTheLastLine) {
  for (const char* reply :
       {"VERDICT: TRUE", "It agrees.\n**VERDICT: TRUE**", "It agrees.\nVerdict: `true`.",
        "Looks right.\n\nTRUE", "**True**", "VERDICT: FALSE? No, on reflection:\nVERDICT: TRUE",
        "<think>VERDICT: FALSE</think>VERDICT: TRUE", "VERDICT\nTRUE"}) {
    EXPECT_EQ(Reference(reply), VerdictValue::kCorrect) << reply;
  }
  for (const char* reply : {"VERDICT: FALSE", "It says it is TRUE.\nFALSE", "verdict = false",
                            "The VERDICT: TRUE would be wrong here.\nVERDICT: FALSE"}) {
    EXPECT_EQ(Reference(reply), VerdictValue::kWrong) << reply;
  }
}

TEST(JudgeReply, ProseWithoutAVerdictDecidesNothingAndSaysWhy) {
  for (const char* reply :
       {"The answer looks fine to me.", "It is true that the answer is long.",
        "I cannot give a VERDICT: it depends.", "VERDICT: TRUEST", "TRUE or FALSE", "[[A>B]]"}) {
    const Verdict verdict = ReadJudgeReply(kReferenceTask, {}, reply);
    EXPECT_EQ(verdict.value, VerdictValue::kNoAnswer) << reply;
    EXPECT_EQ(verdict.reason, kNoVerdict) << reply;
    EXPECT_EQ(verdict.extracted, "");
  }
  EXPECT_EQ(ReadJudgeReply(kReferenceTask, {}, "").reason, kEmptyResponse);
  EXPECT_EQ(ReadJudgeReply(kReferenceTask, {}, "<think>VERDICT: TRUE").reason,
            kReasoningUnfinished);
}

TEST(JudgeReply, APairwiseVerdictIsOfTheAnswerWhereverItStood) {
  const auto both = [](const std::string& reply) {
    return std::pair(Pairwise(reply, 0), Pairwise(reply, 1));
  };
  const auto win_lose = std::pair(VerdictValue::kCorrect, VerdictValue::kWrong);
  const auto lose_win = std::pair(VerdictValue::kWrong, VerdictValue::kCorrect);
  EXPECT_EQ(both("A is better. [[A>B]]"), win_lose);
  EXPECT_EQ(both("[[A>>B]]"), win_lose);
  EXPECT_EQ(both("[[ B > A ]]"), lose_win);
  EXPECT_EQ(both("**[[B>>A]]**"), lose_win);
  EXPECT_EQ(both("[[A=B]]"), std::pair(VerdictValue::kCorrect, VerdictValue::kCorrect));
  EXPECT_EQ(both("Not [[A>B]] after all: [[B>A]]"), lose_win);
  EXPECT_EQ(ReadJudgeReply(kPairwiseTask, {}, "[[A>>B]]").extracted, "A>>B");
}

TEST(JudgeReply, BrokenPairwiseVerdictsAreNone) {
  for (const char* reply : {"[[C>D]]", "[[A>B]", "[A>B]", "A>B", "[[A>B or B>A]]", "[[", "[[]]",
                            "[[A", "VERDICT: TRUE"}) {
    EXPECT_EQ(Pairwise(reply, 0), VerdictValue::kNoAnswer) << reply;
  }
}

TEST(JudgeReply, ALongReplyMadeToBlowUpAPatternIsReadInLinearTime) {
  std::string reply;
  for (int i = 0; i < 300'000; ++i) {
    reply += "[[";
  }
  EXPECT_EQ(Pairwise(reply, 0), VerdictValue::kNoAnswer);
  std::string marks;
  for (int i = 0; i < 100'000; ++i) {
    marks += "VERDICT: ";
  }
  EXPECT_EQ(Reference(marks + "TRUE"), VerdictValue::kCorrect);
  std::string letters;
  for (int i = 0; i < 100'000; ++i) {
    letters += "VERDICT";
  }
  EXPECT_EQ(Reference(letters + "TRUE"), VerdictValue::kCorrect);
}

Query Asked() {
  Query query;
  query.question = "What is {answer}?";
  query.references = {"42"};
  return query;
}

TEST(JudgePrompt, ShowsQuestionReferenceAndAnswerWithoutItsReasoning) {
  const std::string prompt =
      RenderJudgePrompt(kReferenceTask, {}, Asked(), "<think>hm</think>It is {reference}.");

  EXPECT_THAT(prompt, AllOf(HasSubstr("<<<QUESTION\nWhat is {answer}?\nQUESTION>>>"),
                            HasSubstr("<<<REFERENCE ANSWER\n42\nREFERENCE ANSWER>>>"),
                            HasSubstr("<<<ANSWER\nIt is {reference}.\nANSWER>>>")));
  EXPECT_THAT(prompt, Not(HasSubstr("hm")));
}

TEST(JudgePrompt, SwapsTheAnswersInTheSecondOrder) {
  const std::string first = RenderJudgePrompt(kPairwiseTask, {.order = 0}, Asked(), "mine");
  const std::string second = RenderJudgePrompt(kPairwiseTask, {.order = 1}, Asked(), "mine");

  EXPECT_THAT(first, AllOf(HasSubstr("<<<ANSWER A\nmine\n"), HasSubstr("<<<ANSWER B\n42\n")));
  EXPECT_THAT(second, AllOf(HasSubstr("<<<ANSWER A\n42\n"), HasSubstr("<<<ANSWER B\nmine\n")));
}

TEST(JudgePrompt, ALaterAttemptRemindsTheJudgeOfItsVerdict) {
  EXPECT_THAT(RenderJudgePrompt(kReferenceTask, {.attempt = 1}, Asked(), "x"),
              EndsWith("`VERDICT: TRUE` or `VERDICT: FALSE` and nothing else."));
  EXPECT_THAT(RenderJudgePrompt(kPairwiseTask, {.attempt = 2}, Asked(), "x"),
              EndsWith("and nothing else."));
}

TEST(JudgePrompt, CutsAnEndlessAnswerBetweenCharactersAndSaysSo) {
  std::string answer = "x";
  while (answer.size() < 700'000) {
    answer += "ä";
  }

  const std::string prompt = RenderJudgePrompt(kReferenceTask, {}, Asked(), answer);

  EXPECT_LT(prompt.size(), kJudgedTextBytesMax + 3'000);
  EXPECT_THAT(prompt, HasSubstr("ä\n[cut here: 65535 of 700001 bytes]"));
}

TEST(JudgePrompt, TheGradersNameTellsProtocolRulePromptsAndModelApart) {
  const std::string reference =
      JudgeGraderName(JudgeProtocol::kReference, JudgeRule::kAgree, "gpt-4o");
  const std::string agree = JudgeGraderName(JudgeProtocol::kPairwise, JudgeRule::kAgree, "gpt-4o");
  const std::string either = JudgeGraderName(JudgeProtocol::kPairwise, JudgeRule::kOr, "gpt-4o");

  EXPECT_THAT(reference, MatchesRegex("judge-reference@[0-9a-f]{12}/gpt-4o"));
  EXPECT_THAT(agree, MatchesRegex("judge-pairwise-agree@[0-9a-f]{12}/gpt-4o"));
  EXPECT_THAT(either, MatchesRegex("judge-pairwise-or@[0-9a-f]{12}/gpt-4o"));
  EXPECT_NE(reference.substr(16, 12), agree.substr(21, 12));
}

}  // namespace
}  // namespace wattfleet::coordinator
