#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/workload/shots.h"
#include "coordinator/workload/workload.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using ::wattfleet::testing::StatusIs;

Query Choice() {
  return {.question = "Which {options}?", .options = {"red", "blue"}, .grader = "mcq"};
}

TEST(RenderPromptTest, LettersTheOptionsAndSaysHowToAnswer) {
  const std::string prompt = RenderPrompt(Choice(), {"auto"});

  EXPECT_THAT(prompt, StartsWith("Which {options}?\n\nOptions:\n(A) red\n(B) blue\n\n"));
  EXPECT_THAT(prompt, HasSubstr("The answer is (X)."));
}

TEST(RenderPromptTest, AsksForANumberOrATextByTheGrader) {
  EXPECT_THAT(RenderPrompt({.question = "2 + 2?", .grader = "numeric"}, {"auto"}),
              ::testing::AllOf(StartsWith("2 + 2?\n\n"), HasSubstr("final number alone")));
  EXPECT_THAT(RenderPrompt({.question = "Who?", .grader = "exact"}, {"auto"}),
              ::testing::AllOf(StartsWith("Who?\n\n"), EndsWith("the answer alone.")));
}

TEST(RenderPromptTest, IsExactlyTheQuestionWhenPlain) {
  EXPECT_EQ(RenderPrompt(Choice(), {"plain"}), "Which {options}?");
}

TEST(RenderPromptTest, FillsATemplateOfTheUsersInOnePass) {
  EXPECT_EQ(RenderPrompt(Choice(), {"Q: {question}\n{options}\n{\"a\": {}} {question}"}),
            "Q: Which {options}?\n(A) red\n(B) blue\n{\"a\": {}} Which {options}?");
  EXPECT_EQ(RenderPrompt({.question = "Who?"}, {"{question}{options}!"}), "Who?!");
}

TEST(CheckTemplateTest, WantsAKnownNameOrAPlaceForTheQuestion) {
  WF_EXPECT_OK(CheckTemplate("auto"));
  WF_EXPECT_OK(CheckTemplate("plain"));
  WF_EXPECT_OK(CheckTemplate("{question} Answer:"));
  EXPECT_THAT(CheckTemplate("plian"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"plain\"")));
  EXPECT_THAT(CheckTemplate("Answer this: {qestion}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("{question}")));
}

TEST(TemplateIdTest, NamesTheTemplateAndHashesItsText) {
  EXPECT_THAT(TemplateId({"auto"}), MatchesRegex("auto-v2:[0-9a-f]{8}"));
  EXPECT_THAT(TemplateId({"plain"}), MatchesRegex("plain-v1:[0-9a-f]{8}"));
  EXPECT_THAT(TemplateId({"{question}?"}), MatchesRegex("custom-v1:[0-9a-f]{8}"));
  EXPECT_NE(TemplateId({"{question}?"}), TemplateId({"{question}!"}));
}

TEST(RenderPromptTest, AsksADatasetAsItIsAsked) {
  EXPECT_EQ(RenderPrompt({.dataset = "wildchat", .question = "Hi?", .grader = "pairwise"}, {}),
            "Hi?");
  EXPECT_THAT(
      RenderPrompt({.dataset = "natural-reasoning", .question = "Why?", .grader = "judge"}, {}),
      StartsWith("Why?\n\nThink step by step"));
}

Shot Worked(std::string subject, std::string question, std::string worked) {
  return {.query = {.dataset = "mmlu-pro",
                    .subject = std::move(subject),
                    .question = std::move(question),
                    .options = {"x", "y"},
                    .references = {"B"},
                    .grader = "mcq"},
          .worked = std::move(worked)};
}

TEST(RenderPromptTest, LeadsWithShotsOfTheSubjectThenOfTheDataset) {
  Shot foreign = Worked("law", "gsm?", "");
  foreign.query.dataset = "gsm8k";
  const std::vector<Shot> shots = {foreign, Worked("law", "first?", "Since y."),
                                   Worked("art", "second?", ""), Worked("art", "third?", "")};
  Query query = Choice();
  query.dataset = "mmlu-pro";
  query.subject = "art";

  EXPECT_EQ(RenderPrompt(query, {"{question}\n{options}", 3}, shots),
            "second?\n(A) x\n(B) y\n\nThe answer is (B).\n\n"
            "third?\n(A) x\n(B) y\n\nThe answer is (B).\n\n"
            "first?\n(A) x\n(B) y\n\nSince y. The answer is (B).\n\n"
            "Which {options}?\n(A) red\n(B) blue");
  EXPECT_EQ(RenderPrompt(query, {"{question}"}, shots), "Which {options}?");
}

TEST(ShotAnswerTest, LeavesOutTheMarksOfDatasetsAndEndsWithTheAnswer) {
  EXPECT_EQ(ShotAnswer(Worked("law", "q", "A: Let's think. The answer is (B).")),
            "Let's think. The answer is (B).");
  EXPECT_EQ(ShotAnswer({.query = {.references = {"6"}, .grader = "numeric"},
                        .worked = "It is 2*3=<<2*3=6>>6.\n#### 6"}),
            "It is 2*3=6. The answer is 6.");
  EXPECT_EQ(
      ShotAnswer({.query = {.references = {"1"}, .grader = "math"}, .worked = "So $\\boxed{1}$."}),
      "So $\\boxed{1}$.");
  EXPECT_EQ(ShotAnswer({.query = {.references = {"1"}, .grader = "math"}, .worked = "So 1 <<"}),
            "So 1 << \\boxed{1}");
}

TEST(TemplateIdTest, CoversTheShots) {
  const std::vector<Shot> shots = {Worked("law", "first?", "Since y.")};
  const std::vector<Shot> others = {Worked("law", "first?", "Since x.")};

  EXPECT_THAT(TemplateId({"auto", 1}, shots), MatchesRegex("auto-v2\\+1:[0-9a-f]{8}"));
  EXPECT_NE(TemplateId({"auto", 1}, shots), TemplateId({"auto", 1}, others));
  EXPECT_EQ(TemplateId({"auto", 0}, shots), TemplateId({"auto"}));
}

TEST(SampleOfTest, NestsSmallerSamplesInLargerOnes) {
  EXPECT_THAT(SampleOf(5, 3), ::testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(SampleOf(2, std::nullopt), ::testing::ElementsAre(0, 1));
  EXPECT_THAT(SampleOf(2, 9), ::testing::ElementsAre(0, 1));
  EXPECT_THAT(SampleOf(2, 0), ::testing::IsEmpty());
}

}  // namespace
}  // namespace wattfleet::coordinator
