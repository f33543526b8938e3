#include "coordinator/analysis/union_coverage.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/proportion.h"
#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PairOutcomes Of(const std::string& outcomes, std::int64_t repetitions = 1) {
  return OutcomesOf(ColumnsOf(outcomes, repetitions));
}

TEST(UnionCoverage, CountsQueriesThatAtLeastOneMemberSolves) {
  const PairOutcomes a = Of("ccccwwwwww");
  const PairOutcomes b = Of("wwwcccwwww");
  const PairOutcomes c = Of("wwwwwwcwww");
  const std::vector<std::int32_t> options(10, 4);
  const std::vector<UnionCandidate> candidates = {{"a", &a}, {"b", &b}, {"c", &c}};
  const UnionCoverage result = CoverTogether(candidates, options);
  EXPECT_THAT(result.members, ElementsAre("a", "b", "c"));
  EXPECT_EQ(result.queries, 10);
  EXPECT_EQ(result.coverage, Wilson(7, 10));
  EXPECT_DOUBLE_EQ(*result.solved_by_at_least_2, 0.1);
  EXPECT_DOUBLE_EQ(*result.lower_bound, 0.7);
  EXPECT_DOUBLE_EQ(*result.chance_floor, 1 - std::pow(0.75, 3));
}

TEST(UnionCoverage, OrdersMembersByWhatTheyAdd) {
  const PairOutcomes a = Of("cccwww");
  const PairOutcomes b = Of("ccccww");
  const PairOutcomes c = Of("wwwwcc");
  const std::vector<std::int32_t> options(6, 0);
  const std::vector<UnionCandidate> candidates = {{"a", &a}, {"b", &b}, {"c", &c}};
  const UnionCoverage result = CoverTogether(candidates, options);
  ASSERT_EQ(result.order.size(), 3U);
  EXPECT_EQ(result.order[0].member, "b");
  EXPECT_DOUBLE_EQ(result.order[0].coverage_after, 4.0 / 6);
  EXPECT_EQ(result.order[1].member, "c");
  EXPECT_DOUBLE_EQ(result.order[1].coverage_after, 1);
  EXPECT_EQ(result.order[2].member, "a");
  EXPECT_DOUBLE_EQ(result.order[2].coverage_after, 1);
}

TEST(UnionCoverage, IsOverTheQueriesDecidedForAllMembers) {
  const PairOutcomes a = Of(std::string(99, 'w') + "c");
  const PairOutcomes b = Of("c" + std::string(98, 'w') + "f");
  const std::vector<std::int32_t> options(100, 0);
  const std::vector<UnionCandidate> candidates = {{"a", &a}, {"b", &b}};
  const UnionCoverage result = CoverTogether(candidates, options);
  EXPECT_EQ(result.queries, 99);
  EXPECT_EQ(result.coverage, Wilson(1, 99));
  EXPECT_DOUBLE_EQ(*result.lower_bound, 0.02);
}

TEST(UnionCoverage, LeavesOutByNameWhoIsUnderNineteenOfTwentyDecided) {
  const PairOutcomes whole = Of(std::string(50, 'c') + std::string(50, 'w'));
  const PairOutcomes at_bound = Of(std::string(95, 'w') + "fffff");
  const PairOutcomes below = Of(std::string(94, 'c') + "ffffff");
  const std::vector<std::int32_t> options(100, 0);
  const std::vector<UnionCandidate> candidates = {
      {"whole", &whole}, {"at-bound", &at_bound}, {"below", &below}};
  const UnionCoverage result = CoverTogether(candidates, options);
  EXPECT_THAT(result.members, ElementsAre("whole", "at-bound"));
  EXPECT_THAT(result.left_out, ElementsAre("below"));
  EXPECT_EQ(result.queries, 95);
}

TEST(UnionCoverage, TakesTheMajorityOfRepetitions) {
  // By query: c,c,w / c,w,w / c,w,open / c,open,open.
  const PairOutcomes outcomes = Of("cccccww.ww..", 3);
  EXPECT_TRUE(outcomes.solved.Contains(0));
  EXPECT_FALSE(outcomes.solved.Contains(1));
  EXPECT_FALSE(outcomes.solved.Contains(2));
  EXPECT_TRUE(outcomes.solved.Contains(3));
  EXPECT_EQ(outcomes.decided.Count(), 4);
}

TEST(UnionCoverage, WithoutMembersThereIsNoFigure) {
  const PairOutcomes nothing = Of("....");
  const std::vector<std::int32_t> options(4, 4);
  const std::vector<UnionCandidate> candidates = {{"m", &nothing}};
  const UnionCoverage result = CoverTogether(candidates, options);
  EXPECT_THAT(result.members, IsEmpty());
  EXPECT_FALSE(result.coverage || result.chance_floor || result.lower_bound ||
               result.solved_by_at_least_2);
}

TEST(ChanceFloor, TwentyGuessersAtTenOptionsReachEightyEightPercent) {
  const std::vector<std::int32_t> options(50, 10);
  EXPECT_NEAR(*ChanceFloor(QuerySet::All(50), options, 20), 0.8784, 1e-4);
}

TEST(ChanceFloor, CannotGuessQueriesWithoutOptions) {
  const std::vector<std::int32_t> options = {2, 0, 1, 4};
  EXPECT_DOUBLE_EQ(*ChanceFloor(QuerySet::All(4), options, 1), (0.5 + 0 + 1 + 0.25) / 4);
  const std::vector<std::int32_t> none = {0, 0};
  EXPECT_EQ(ChanceFloor(QuerySet::All(2), none, 3), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::coordinator
