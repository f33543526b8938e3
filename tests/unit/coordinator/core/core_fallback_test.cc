// The coordinator's core where another judge judges the pairs that the judge cannot.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/core_judging_harness.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class CoreFallbackTest : public CoreJudgingTest {};

TEST_F(CoreFallbackTest, TheFallbackJudgesAllOfAPairThatTheJudgeCannot) {
  graded_answer_ = [](Unit unit) -> std::optional<Verdict> {
    if (unit % 8 != 0) {
      return std::nullopt;
    }
    return Verdict{.value = VerdictValue::kNoAnswer, .grader = "judge@1/wise", .reason = "empty"};
  };
  Submit(64, JudgeProtocol::kPairwise, JudgeRule::kAgree, {.fallback = JudgePlan{}});

  WorkWithout([] { return true; });

  EXPECT_EQ(judge().state, PairState::kCancelled);
  EXPECT_EQ(judge().reason, "handed over to judge wiser: judge quota exhausted: pay first");
  EXPECT_THAT(harness_.Events("HANDED_OVER"),
              ElementsAre("small/synthetic/any/isolated to judge wiser: judge quota exhausted: pay "
                          "first"));
  EXPECT_THAT(harness_.Events("BLOCKED"), IsEmpty());
  EXPECT_THAT(Graders(kAnswerPair), ElementsAre(Pair("judge@1/wiser", 64)))
      << "also of the answers that hold nothing to judge, whenever they came";
  EXPECT_EQ(harness_.pair(3).state, PairState::kComplete);
  EXPECT_EQ(harness_.core().sweeps().at(SweepId{1}).record.state, SweepState::kComplete)
      << "what another judged is no gap";
  EXPECT_THAT(times_, Each(Pair(::testing::_, 1)));
}

TEST_F(CoreFallbackTest, APairThatTheJudgeBeganStaysItsOwnAndOthersAreHandedOver) {
  answer_pairs_ = 3;
  Submit(100, JudgeProtocol::kReference, JudgeRule::kAgree, {.fallback = JudgePlan{}});

  WorkWithout([this] { return !times_.empty(); });

  std::map<std::string, int> blocked;
  for (const auto& [id, pair] : harness_.core().pairs()) {
    if (pair.judge && pair.state == PairState::kBlocked) {
      ++blocked[pair.judge->grader];
      EXPECT_THAT(pair.reason, HasSubstr("wattfleet resume night --judge"));
    }
  }
  EXPECT_THAT(blocked, ElementsAre(Pair("judge@1/wise", 1)));
  EXPECT_THAT(harness_.Events("HANDED_OVER"), ::testing::SizeIs(2));

  Restart();
  harness_.Do(SweepCommanded{SweepId{1}, SweepVerb::kResumeJudge});
  WorkToTheEnd();

  std::map<std::string, int> pairs_of;
  for (const std::int64_t pair : {1, 3, 5}) {
    const auto graders = Graders(pair);
    ASSERT_THAT(graders, ::testing::SizeIs(1)) << "the verdicts of one pair are of one judge";
    EXPECT_EQ(graders.begin()->second, 100);
    ++pairs_of[graders.begin()->first];
  }
  EXPECT_THAT(pairs_of, ElementsAre(Pair("judge@1/wise", 1), Pair("judge@1/wiser", 2)));
  EXPECT_EQ(harness_.core().sweeps().at(SweepId{1}).record.state, SweepState::kComplete);
}

TEST_F(CoreFallbackTest, AReplyThatComesAfterItsPairWasHandedOverIsBookedAndDecidesNothing) {
  Submit(64, JudgeProtocol::kReference, JudgeRule::kAgree, {.fallback = JudgePlan{}});
  const std::vector<LeaseGrant> judging = TwoJudging();
  ASSERT_THAT(judging, ::testing::SizeIs(2));
  Answer(judging.at(0), LeaseClose{.outcome = LeaseOutcome::kEngineBlocked, .message = "quota"});
  ASSERT_EQ(judge().state, PairState::kCancelled);

  Answer(judging.at(1));
  Restart();
  WorkToTheEnd();

  EXPECT_GT(judge().tokens.output, 0) << "it was paid for";
  EXPECT_THAT(Graders(kAnswerPair), ElementsAre(Pair("judge@1/wiser", 64)));
}

TEST_F(CoreFallbackTest, AStartAfterEveryLeaseChangesNothingOfAHandOver) {
  answer_pairs_ = 2;
  Submit(97, JudgeProtocol::kPairwise, JudgeRule::kAgree, {.fallback = JudgePlan{}});
  bool has_work = true;
  for (int i = 0; i < 1'000 && has_work; ++i) {
    harness_.AskForWork(session_);
    const auto grants = harness_.Sent<LeaseGrant>(session_);
    has_work = !grants.empty();
    for (const LeaseGrant& grant : grants) {
      const PairEntry& pair = harness_.pair(grant.pair.id.value);
      const bool is_refused = pair.judge && pair.judge->grader == "judge@1/wise";
      Answer(grant, is_refused ? LeaseClose{.outcome = LeaseOutcome::kEngineBlocked, .message = "x"}
                               : LeaseClose{});
    }
    Restart();
  }

  EXPECT_THAT(Graders(1), ElementsAre(Pair("judge@1/wiser", 97)));
  EXPECT_THAT(Graders(3), ElementsAre(Pair("judge@1/wiser", 97)));
  EXPECT_EQ(harness_.core().sweeps().at(SweepId{1}).record.state, SweepState::kComplete);
}

TEST_F(CoreFallbackTest, NothingIsHandedOverToAFallbackThatNobodyOffers) {
  Submit(64, JudgeProtocol::kReference, JudgeRule::kAgree, {.fallback = JudgePlan{}});
  limits_.fallback->task.grader = "judge@1/wiser";
  limits_.fallback->spec.build.engine = "vllm";
  harness_.Do(limits_);

  WorkWithout([] { return true; });

  EXPECT_EQ(judge().state, PairState::kBlocked);
}

TEST_F(CoreFallbackTest, AFallbackThatCannotEitherIsBlockedAndASpentBudgetHandsNothingOver) {
  Submit(64, JudgeProtocol::kReference, JudgeRule::kAgree,
         {.budget_usd = 0.001, .fallback = JudgePlan{}});
  WorkToTheEnd();
  EXPECT_EQ(judge().state, PairState::kBlocked);
  EXPECT_THAT(judge().reason, HasSubstr("judge budget of 0.00 USD spent"));
  EXPECT_THAT(harness_.Events("HANDED_OVER"), IsEmpty());

  limits_.budget_usd.reset();
  harness_.Do(limits_);
  harness_.Do(SweepCommanded{SweepId{1}, SweepVerb::kResumeJudge});
  for (int i = 0; i < 100; ++i) {
    harness_.AskForWork(session_);
    for (const LeaseGrant& grant : harness_.Sent<LeaseGrant>(session_)) {
      Answer(grant, LeaseClose{.outcome = LeaseOutcome::kEngineBlocked, .message = "no credit"});
    }
  }

  EXPECT_EQ(judge().state, PairState::kCancelled);
  EXPECT_EQ(harness_.pair(3).state, PairState::kBlocked);
  EXPECT_EQ(harness_.pair(3).reason, "judge no credit; fix, then wattfleet resume night --judge");
}

}  // namespace
}  // namespace wattfleet::coordinator
