// The coordinator's core and pairs that judge other pairs' answers.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/core_judging_harness.h"

namespace wattfleet::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST_F(CoreJudgingTest, AnAnswerIsJudgedOnlyOnceItsShardIsDone) {
  Submit(100, JudgeProtocol::kReference);
  harness_.AskForWork(session_);
  const LeaseGrant first = harness_.Sent<LeaseGrant>(session_).at(0);
  harness_.AskForWork(session_);
  const LeaseGrant second = harness_.Sent<LeaseGrant>(session_).at(0);
  EXPECT_EQ(second.pair.id.value, kAnswerPair) << "nothing to judge yet";
  EXPECT_EQ(judge().plan.PendingUnits(), 0);

  Answer(first);

  const std::int64_t done = first.units.front().size();
  EXPECT_GE(judge().plan.PendingUnits(), done);
  EXPECT_LE(judge().plan.PendingUnits(), done + done / kJudgedTwiceEvery + 1);
}

TEST_F(CoreJudgingTest, EachAnswerIsJudgedOnceInEachOrderAndOneOfTwentyTwice) {
  Submit(97, JudgeProtocol::kPairwise);
  judged_ = [](const JudgementAddress& j) {
    return j.answer % 3 == 0 || (j.answer % 3 == 1 && j.order == 0) ? VerdictValue::kCorrect
                                                                    : VerdictValue::kWrong;
  };

  WorkToTheEnd();

  EXPECT_EQ(times_.size(), 2 * 97 + 5U);
  EXPECT_THAT(times_, Each(Pair(::testing::_, 1)));
  EXPECT_EQ(judge().state, PairState::kComplete);
  EXPECT_EQ(harness_.core().sweeps().at(SweepId{1}).record.state, SweepState::kComplete);
  EXPECT_EQ(Count(VerdictValue::kCorrect), 33) << "win or tie in both orders";
  EXPECT_EQ(Count(VerdictValue::kWrong), 64);
  EXPECT_EQ(judge().tokens.output, 100 * 199);
  EXPECT_EQ(answers().tokens.output, 0) << "booked apart";
}

TEST_F(CoreJudgingTest, ByTheRuleOrOneOrderIsEnough) {
  Submit(97, JudgeProtocol::kPairwise, JudgeRule::kOr);
  judged_ = [](const JudgementAddress& j) {
    return j.answer % 3 == 0 || (j.answer % 3 == 1 && j.order == 0) ? VerdictValue::kCorrect
                                                                    : VerdictValue::kWrong;
  };

  WorkToTheEnd();

  EXPECT_EQ(Count(VerdictValue::kCorrect), 65);
}

TEST_F(CoreJudgingTest, AStartAfterEveryLeaseChangesNothing) {
  Submit(97, JudgeProtocol::kPairwise);
  judged_ = [](const JudgementAddress& j) {
    return j.attempt == 0 && j.answer % 4 == 0 ? VerdictValue::kNoAnswer : VerdictValue::kCorrect;
  };

  for (int i = 0; i < 10'000 && Work(); ++i) {
    Restart();
  }

  EXPECT_THAT(times_, Each(Pair(::testing::_, 1)));
  EXPECT_EQ(judge().state, PairState::kComplete);
  EXPECT_EQ(Count(VerdictValue::kCorrect), 97);
}

TEST_F(CoreJudgingTest, AReplyWithoutAVerdictIsAskedForAgainThreeTimesInAllThenStaysPending) {
  Submit(40, JudgeProtocol::kReference);
  judged_ = [](const JudgementAddress& j) {
    return j.answer == 7 || (j.answer == 8 && j.attempt == 0) ? VerdictValue::kNoAnswer
                                                              : VerdictValue::kCorrect;
  };

  WorkToTheEnd();

  const JudgeUnits units(*judge().judge);
  const std::int64_t step = units.per_attempt();
  EXPECT_THAT(times_, Each(Pair(::testing::_, 1)));
  EXPECT_TRUE(times_.contains(7) && times_.contains(7 + step) && times_.contains(7 + 2 * step));
  EXPECT_TRUE(times_.contains(8 + step) && !times_.contains(8 + 2 * step));
  EXPECT_FALSE(times_.contains(9 + step));
  EXPECT_EQ(Count(std::nullopt), 1);
  EXPECT_EQ(Count(VerdictValue::kCorrect), 39);
  EXPECT_EQ(judge().state, PairState::kComplete);
}

TEST_F(CoreJudgingTest, AnswersThatHoldNothingToJudgeAreNotJudged) {
  Submit(40, JudgeProtocol::kPairwise);
  graded_answer_ = [](Unit unit) -> std::optional<Verdict> {
    if (unit % 2 == 0) {
      return std::nullopt;
    }
    return Verdict{.value = VerdictValue::kNoAnswer, .grader = "judge@1/wise", .reason = "timeout"};
  };

  WorkToTheEnd();

  const JudgeUnits units(*judge().judge);
  for (const auto& [unit, times] : times_) {
    EXPECT_EQ(units.AddressOf(unit).answer % 2, 0);
  }
  EXPECT_EQ(Count(VerdictValue::kNoAnswer), 20);
  EXPECT_EQ(Count(VerdictValue::kCorrect), 20);
  EXPECT_EQ(judge().state, PairState::kComplete);
}

TEST_F(CoreJudgingTest, AnExhaustedQuotaBlocksJudgingByNameAndSpendsNoTry) {
  Submit(64, JudgeProtocol::kReference);
  while (answers().state == PairState::kOpen) {
    harness_.AskForWork(session_);
    for (const LeaseGrant& grant : harness_.Sent<LeaseGrant>(session_)) {
      const bool is_judge = grant.pair.id.value == kJudgePair;
      Answer(grant, is_judge ? LeaseClose{.outcome = LeaseOutcome::kEngineBlocked,
                                          .message = "quota exhausted: pay first"}
                             : LeaseClose{});
    }
  }
  while (judge().state == PairState::kOpen) {
    harness_.AskForWork(session_);
    Answer(harness_.Sent<LeaseGrant>(session_).at(0),
           LeaseClose{.outcome = LeaseOutcome::kEngineBlocked,
                      .message = "quota exhausted: pay first"});
  }

  const std::string reason =
      "judge quota exhausted: pay first; fix, then wattfleet resume night --judge";
  EXPECT_EQ(judge().state, PairState::kBlocked);
  EXPECT_EQ(judge().reason, reason);
  EXPECT_THAT(harness_.Events("BLOCKED"), ElementsAre(reason));
  EXPECT_FALSE(Work()) << "nobody asks a judge that is blocked";
  harness_.Pass(600s);
  Restart();
  EXPECT_FALSE(Work()) << "a new start is no remedy";
  for (const auto& [id, shard] : judge().plan.open()) {
    EXPECT_EQ(shard.record.error_n + shard.record.crash_n, 0);
  }
  EXPECT_EQ(Count(std::nullopt), 64);

  harness_.Do(SweepCommanded{SweepId{1}, SweepVerb::kResumeJudge});
  WorkToTheEnd();

  EXPECT_EQ(judge().state, PairState::kComplete);
  EXPECT_EQ(Count(VerdictValue::kCorrect), 64);
}

TEST_F(CoreJudgingTest, WhatALeaseFromBeforeTheMendTellsOfTheQuotaIsNoNews) {
  Submit(64, JudgeProtocol::kReference);
  const LeaseClose blocked{.outcome = LeaseOutcome::kEngineBlocked, .message = "quota exhausted"};
  const std::vector<LeaseGrant> judging = TwoJudging();
  ASSERT_THAT(judging, ::testing::SizeIs(2));
  Answer(judging.at(0), blocked);
  ASSERT_EQ(judge().state, PairState::kBlocked);
  harness_.Do(SweepCommanded{SweepId{1}, SweepVerb::kResumeJudge});

  Answer(judging.at(1), blocked);
  EXPECT_EQ(judge().state, PairState::kOpen);

  harness_.AskForWork(session_);
  Answer(harness_.Sent<LeaseGrant>(session_).at(0), blocked);
  EXPECT_EQ(judge().state, PairState::kBlocked);
}

TEST_F(CoreJudgingTest, JudgingStopsBeforeItsBudgetIsOverspentAndGoesOnWithALargerOne) {
  Submit(100, JudgeProtocol::kReference, JudgeRule::kAgree, {.budget_usd = 0.05});

  WorkToTheEnd();

  EXPECT_LE(judge().tokens.results, 25) << "of 2000 millionths each";
  EXPECT_GE(judge().tokens.results, 20);
  EXPECT_EQ(judge().state, PairState::kBlocked);
  EXPECT_THAT(judge().reason, HasSubstr("judge budget of 0.05 USD spent"));
  Restart();
  harness_.Do(SweepCommanded{SweepId{1}, SweepVerb::kResumeJudge});
  WorkToTheEnd();
  EXPECT_LE(judge().tokens.results, 25) << "what was spent is remembered";

  limits_.budget_usd = 1;
  harness_.Do(limits_);
  harness_.Do(SweepCommanded{SweepId{1}, SweepVerb::kResumeJudge});
  WorkToTheEnd();

  EXPECT_EQ(judge().state, PairState::kComplete);
}

TEST_F(CoreJudgingTest, NoMoreJudgementsAreGrantedThanTheRateAllows) {
  Submit(400, JudgeProtocol::kReference, JudgeRule::kAgree, {.requests_per_minute = 60});
  while (answers().state == PairState::kOpen && Work()) {
  }

  EXPECT_THAT(times_, IsEmpty()) << "no time has passed";
  for (int i = 0; i < 30; ++i) {
    harness_.Pass(1s);
    WorkToTheEnd();
  }

  EXPECT_GE(judge().completed, 25);
  EXPECT_LE(judge().completed, 31);
}

}  // namespace
}  // namespace wattfleet::coordinator
