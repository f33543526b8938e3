// What every Store promises about judging: what has to be judged, and the verdicts that come of it.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/contract/store_harness.h"

namespace wattfleet::testing {
namespace {

using coordinator::CountMissing;
using coordinator::GradedBatch;
using coordinator::InsertLease;
using coordinator::InsertPair;
using coordinator::InsertShard;
using coordinator::SettleJudgements;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PairId kJudge{2};
constexpr ShardId kJudgeShard{2};
constexpr LeaseId kJudgeLease{2};
constexpr char kGrader[] = "judge-pairwise-agree@1/wise";

// Sweep "night": 100 answers of pair 1, and pair 2, which judges them in both orders.
template <typename Harness>
class StoreJudgingContractTest : public StoreContractTest<Harness> {
 protected:
  StoreJudgingContractTest() {
    task_.subject = kPair;
    task_.grader = kGrader;
    task_.protocol = JudgeProtocol::kPairwise;
    task_.answers = 100;
    this->SubmitAndGrant();
    const std::int64_t units = JudgeUnits(task_).units();
    WF_EXPECT_OK(this->Apply(
        {InsertPair{SamplePair(kJudge, kSweep, units), task_},
         InsertShard{{.id = kJudgeShard, .pair = kJudge, .range = {.lo = 0, .hi = units}}}}));
    auto grant = GrantOps(kJudgeLease, {.lo = 0, .hi = units}, 1, kAgent, kJudgeShard);
    WF_EXPECT_OK(this->Apply(std::move(grant)));
  }
  Verdict Says(VerdictValue value, const std::string& extracted = "X") {
    return {.value = value, .grader = kGrader, .grader_version = 1, .extracted = extracted};
  }
  // The judge says this about one unit.
  void Judge(Unit unit, VerdictValue value, const std::string& extracted = "X") {
    SampleFrame frame{.seq = next_seq_++,
                      .results = {SampleResult(unit)},
                      .lease = kJudgeLease,
                      .pair = kJudge,
                      .verdicts = {Says(value, extracted)}};
    const auto append = frame.Op();
    WF_EXPECT_OK(this->Apply(
        {append, SettleJudgements{.pair = kJudge, .judge = task_, .graded = append.graded}}));
  }
  void Answer(Unit unit, std::optional<Verdict> verdict = std::nullopt,
              ResultStatus status = ResultStatus::kCompleted) {
    Result result = SampleResult(unit);
    result.status = status;
    this->Append({.seq = next_seq_++, .results = {result}, .verdicts = {verdict}});
  }
  coordinator::MissingUnits Missing(UnitRange range) {
    auto committed = this->Apply(
        {CountMissing{.shard = kJudgeShard, .pair = kJudge, .range = range, .judge = task_}});
    EXPECT_THAT(committed, IsOk());
    return committed->missing.at(0);
  }
  std::optional<Verdict> InForce(Unit unit) {
    auto detail = this->View()->Detail(kPair, unit);
    EXPECT_THAT(detail, IsOk());
    return detail->verdict;
  }

  JudgeTask task_;
  std::uint64_t next_seq_ = 1;
};
TYPED_TEST_SUITE(StoreJudgingContractTest, StoreHarnesses);

TYPED_TEST(StoreJudgingContractTest, OnlyAnswersThatWaitForThisJudgeAreMissing) {
  this->Answer(0);
  this->Answer(1, this->Says(VerdictValue::kNoAnswer));
  this->Answer(2, Verdict{.value = VerdictValue::kWrong, .grader = "mcq"});
  this->Answer(3, std::nullopt, ResultStatus::kFailed);
  this->Answer(4);

  EXPECT_THAT(this->Missing({.lo = 0, .hi = 10}).ranges,
              ElementsAre(UnitRange{0, 1}, UnitRange{4, 5}));
  EXPECT_THAT(this->Missing({.lo = 100, .hi = 110}).ranges,
              ElementsAre(UnitRange{100, 101}, UnitRange{104, 105}));
}

TYPED_TEST(StoreJudgingContractTest, AVerdictComesOfBothOrdersAndComesOnce) {
  this->Answer(0);
  this->Answer(1);
  this->Judge(0, VerdictValue::kCorrect, "A>B");
  EXPECT_EQ(this->InForce(0), std::nullopt);

  this->Judge(100, VerdictValue::kCorrect, "B>A");
  this->Judge(101, VerdictValue::kCorrect, "B>A");
  this->Judge(1, VerdictValue::kWrong, "B>A");
  this->Restart();

  EXPECT_EQ(this->InForce(0), this->Says(VerdictValue::kCorrect, "A>B, B>A"));
  EXPECT_EQ(this->InForce(1), this->Says(VerdictValue::kWrong, "B>A, B>A"));
  EXPECT_EQ(this->Results().at(0).verdict, VerdictValue::kCorrect);
}

TYPED_TEST(StoreJudgingContractTest, AReplyWithoutAVerdictIsMissingAgainOneAttemptLater) {
  const std::int64_t step = JudgeUnits(this->task_).per_attempt();
  this->Answer(0);
  this->Answer(1);
  this->Judge(0, VerdictValue::kNoAnswer);
  this->Judge(1, VerdictValue::kCorrect);
  this->Judge(100, VerdictValue::kCorrect);

  EXPECT_EQ(this->Missing({.lo = 0, .hi = 10}).unclear, 1);
  EXPECT_THAT(this->Missing({.lo = 0, .hi = 10}).ranges, IsEmpty());
  EXPECT_THAT(this->Missing({.lo = step, .hi = step + 10}).ranges,
              ElementsAre(UnitRange{step, step + 1}));
  EXPECT_EQ(this->InForce(0), std::nullopt);

  this->Judge(step, VerdictValue::kCorrect);

  EXPECT_EQ(this->InForce(0)->value, VerdictValue::kCorrect);
  EXPECT_EQ(this->Missing({.lo = step, .hi = step + 10}).unclear, 0);
}

TYPED_TEST(StoreJudgingContractTest, AnswersHaveNoVerdictByTheirSecondReadingAlone) {
  const JudgeUnits units(this->task_);
  const Unit answer = units.JudgedTwice(0);
  this->Answer(answer);

  this->Judge(200, VerdictValue::kCorrect);
  EXPECT_EQ(this->InForce(answer), std::nullopt);
  this->Judge(answer, VerdictValue::kCorrect);
  this->Judge(100 + answer, VerdictValue::kCorrect);

  EXPECT_EQ(this->InForce(answer)->value, VerdictValue::kCorrect);
}

TYPED_TEST(StoreJudgingContractTest, WhatOneJudgeNeedNotSayIsSaidInTheNameOfTheOneWhoJudges) {
  const auto silent = this->Says(VerdictValue::kNoAnswer);
  this->Answer(0, silent);
  this->Answer(1, Verdict{.value = VerdictValue::kWrong, .grader = "mcq"});
  this->Answer(2, silent);
  coordinator::RenameGrader rename{.pair = kPair, .from = kGrader, .to = "judge@1/wiser"};
  auto only_two = std::make_shared<GradedBatch>();
  only_two->batch.results = {SampleResult(2)};
  rename.among = only_two;
  WF_EXPECT_OK(this->Apply({rename}));
  EXPECT_EQ(this->InForce(0)->grader, kGrader);
  EXPECT_EQ(this->InForce(2)->grader, "judge@1/wiser");

  rename.among = nullptr;
  WF_EXPECT_OK(this->Apply({rename}));
  this->Restart();

  EXPECT_EQ(this->InForce(0)->grader, "judge@1/wiser");
  EXPECT_EQ(this->InForce(0)->value, VerdictValue::kNoAnswer);
  EXPECT_EQ(this->InForce(1)->grader, "mcq");
}

TYPED_TEST(StoreJudgingContractTest, RemembersWhatAPairJudgesAndWhatItTook) {
  this->Answer(0);
  this->Judge(0, VerdictValue::kCorrect);
  this->Judge(100, VerdictValue::kCorrect);
  this->Restart();

  const auto pairs = this->Load().sweeps.at(0).pairs;
  EXPECT_EQ(pairs.at(0).judge, std::nullopt);
  EXPECT_EQ(pairs.at(0).tokens, coordinator::TokenSums());
  EXPECT_EQ(pairs.at(1).judge, this->task_);
  const Result one = SampleResult(0);
  const Result other = SampleResult(100);
  EXPECT_EQ(pairs.at(1).tokens.results, 2);
  EXPECT_EQ(pairs.at(1).tokens.input, *one.input_tokens + *other.input_tokens);
  EXPECT_EQ(pairs.at(1).tokens.output, *one.output_tokens + *other.output_tokens);
}

}  // namespace
}  // namespace wattfleet::testing
