#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const std::string prompt = RenderPrompt(Choice(), "auto");

  EXPECT_THAT(prompt, StartsWith("Which {options}?\n\nOptions:\n(A) red\n(B) blue\n\n"));
  EXPECT_THAT(prompt, HasSubstr("The answer is (X)."));
}

TEST(RenderPromptTest, AsksForANumberOrATextByTheGrader) {
  EXPECT_THAT(RenderPrompt({.question = "2 + 2?", .grader = "numeric"}, "auto"),
              ::testing::AllOf(StartsWith("2 + 2?\n\n"), HasSubstr("final number alone")));
  EXPECT_THAT(RenderPrompt({.question = "Who?", .grader = "exact"}, "auto"),
              ::testing::AllOf(StartsWith("Who?\n\n"), EndsWith("the answer alone.")));
}

TEST(RenderPromptTest, IsExactlyTheQuestionWhenPlain) {
  EXPECT_EQ(RenderPrompt(Choice(), "plain"), "Which {options}?");
}

TEST(RenderPromptTest, FillsATemplateOfTheUsersInOnePass) {
  EXPECT_EQ(RenderPrompt(Choice(), "Q: {question}\n{options}\n{\"a\": {}} {question}"),
            "Q: Which {options}?\n(A) red\n(B) blue\n{\"a\": {}} Which {options}?");
  EXPECT_EQ(RenderPrompt({.question = "Who?"}, "{question}{options}!"), "Who?!");
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
  EXPECT_THAT(TemplateId("auto"), MatchesRegex("auto-v1:[0-9a-f]{8}"));
  EXPECT_THAT(TemplateId("plain"), MatchesRegex("plain-v1:[0-9a-f]{8}"));
  EXPECT_THAT(TemplateId("{question}?"), MatchesRegex("custom-v1:[0-9a-f]{8}"));
  EXPECT_NE(TemplateId("{question}?"), TemplateId("{question}!"));
}

TEST(SampleOfTest, NestsSmallerSamplesInLargerOnes) {
  EXPECT_THAT(SampleOf(5, 3), ::testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(SampleOf(2, std::nullopt), ::testing::ElementsAre(0, 1));
  EXPECT_THAT(SampleOf(2, 9), ::testing::ElementsAre(0, 1));
  EXPECT_THAT(SampleOf(2, 0), ::testing::IsEmpty());
}

}  // namespace
}  // namespace wattfleet::coordinator
