#include <map>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/domain/judge_task.h"

namespace wattfleet {
namespace {

using ::testing::ElementsAre;

JudgeTask TaskOn(std::int64_t answers, JudgeProtocol protocol) {
  return {.protocol = protocol, .answers = answers};
}

TEST(JudgeUnits, HoldEveryAnswerInEachOrderOnceAndFivePercentTwicePerAttempt) {
  for (const std::int64_t answers : {1, 19, 20, 21, 40, 1'003}) {
    const JudgeUnits units(TaskOn(answers, JudgeProtocol::kPairwise));
    std::set<std::tuple<std::int64_t, Unit, std::int64_t>> judged;
    std::map<std::int64_t, std::set<Unit>> again;
    for (Unit unit = 0; unit < units.units(); ++unit) {
      const JudgementAddress address = units.AddressOf(unit);
      ASSERT_GE(address.answer, 0);
      ASSERT_LT(address.answer, answers);
      if (address.again) {
        EXPECT_TRUE(again[address.attempt].insert(address.answer).second);
      } else {
        EXPECT_TRUE(judged.emplace(address.attempt, address.answer, address.order).second);
      }
    }
    EXPECT_EQ(judged.size(), static_cast<std::size_t>(kJudgeAttempts * 2 * answers));
    EXPECT_EQ(again.at(0).size(), static_cast<std::size_t>((answers + 19) / 20));
    EXPECT_EQ(again.at(0), again.at(2));
  }
}

TEST(JudgeUnits, OfAReferenceJudgeHaveOneOrder) {
  const JudgeUnits units(TaskOn(40, JudgeProtocol::kReference));

  EXPECT_EQ(units.per_attempt(), 42);
  EXPECT_EQ(units.AddressOf(39), (JudgementAddress{.answer = 39}));
  EXPECT_EQ(units.AddressOf(42 + 7), (JudgementAddress{.attempt = 1, .answer = 7}));
}

TEST(JudgeUnits, RangesOfAnswersTileTheFirstAttemptHoweverTheAnswersAreCut) {
  const std::int64_t answers = 143;
  for (const JudgeProtocol protocol : {JudgeProtocol::kReference, JudgeProtocol::kPairwise}) {
    const JudgeUnits units(TaskOn(answers, protocol));
    for (const std::int64_t step : {1, 3, 20, 37, 143}) {
      std::multiset<Unit> covered;
      for (Unit lo = 0; lo < answers; lo += step) {
        const UnitRange cut{.lo = lo, .hi = std::min(lo + step, answers)};
        for (const UnitRange& range : units.OfAnswers(cut)) {
          for (Unit unit = range.lo; unit < range.hi; ++unit) {
            EXPECT_TRUE(cut.contains(units.AddressOf(unit).answer));
            covered.insert(unit);
          }
        }
      }
      EXPECT_EQ(covered.size(), static_cast<std::size_t>(units.per_attempt()));
      EXPECT_EQ(*covered.begin(), 0);
      EXPECT_EQ(*covered.rbegin(), units.per_attempt() - 1);
    }
  }
}

TEST(JudgeUnits, ChooseTheSameAnswersToJudgeTwiceEverywhere) {
  const JudgeUnits units(TaskOn(60, JudgeProtocol::kReference));

  EXPECT_THAT((std::vector<Unit>{units.JudgedTwice(0), units.JudgedTwice(1), units.JudgedTwice(2)}),
              ElementsAre(15, 25, 50));
}

}  // namespace
}  // namespace wattfleet
