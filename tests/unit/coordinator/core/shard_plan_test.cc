#include "coordinator/plan/shard_plan.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

OpenShard Shard(std::int64_t id, Unit lo, Unit hi) {
  return {.record = {.id = ShardId{id}, .pair = PairId{1}, .range = {lo, hi}}};
}

TEST(ShardUnitsTest, StartsSmallWhileNoSpeedIsKnown) {
  EXPECT_EQ(ShardUnits({}, 100'000, 1, std::nullopt), 16);
}

TEST(ShardUnitsTest, AimsAtAMinuteOfWork) {
  EXPECT_EQ(ShardUnits({}, 100'000, 1, 3.0), 180);
}

TEST(ShardUnitsTest, TakesAtMostHalfOfTheFairShareOfWhatIsLeft) {
  EXPECT_EQ(ShardUnits({}, 400, 4, 10.0), 50);
}

TEST(ShardUnitsTest, GoesNotBelowTwoSecondsOfWork) {
  EXPECT_EQ(ShardUnits({}, 40, 4, 10.0), 20);
}

TEST(ShardUnitsTest, StaysWithinItsLimitForAnyInput) {
  for (const std::int64_t remaining : {1, 2, 7, 100, 1'000'000}) {
    for (const std::int64_t slots : {1, 3, 50, 1000}) {
      for (const double speed : {1e-6, 0.1, 20.0, 1e9}) {
        const std::int64_t units = ShardUnits({}, remaining, slots, speed);
        EXPECT_GE(units, 1);
        EXPECT_LE(units, remaining);
        EXPECT_LE(units, ShardSizing{}.max_units);
      }
    }
  }
}

// Two machines, one ten times slower: with the last leases short, neither waits long for the other.
TEST(ShardUnitsTest, KeepsAFleetOfUnequalSpeedsBusyToTheEnd) {
  const std::vector<double> speeds = {10.0, 10.0, 10.0, 1.0};
  std::vector<double> free_at(speeds.size(), 0.0);
  std::int64_t remaining = 60'000;
  double finished = 0;
  while (remaining > 0) {
    std::size_t next = 0;
    for (std::size_t i = 1; i < speeds.size(); ++i) {
      next = free_at[i] < free_at[next] ? i : next;
    }
    const std::int64_t units = ShardUnits({}, remaining, 4, speeds[next]);
    remaining -= units;
    free_at[next] += static_cast<double>(units) / speeds[next];
    finished = std::max(finished, free_at[next]);
  }

  const double lower_bound = 60'000.0 / 31.0;
  EXPECT_LE(finished, 1.05 * lower_bound);
}

TEST(ShardPlanTest, HandsOutTheLowestFreeShard) {
  ShardPlan plan;
  plan.Add(Shard(2, 50, 100));
  plan.Add(Shard(1, 0, 50));

  EXPECT_EQ(plan.NextPending({}, AgentId{1})->record.range.lo, 0);
}

TEST(ShardPlanTest, KeepsABackedOffShardUntilItsTime) {
  ShardPlan plan;
  OpenShard shard = Shard(1, 0, 50);
  shard.not_before = MonotonicTime(std::chrono::seconds(10));
  plan.Add(shard);

  EXPECT_EQ(plan.NextPending(MonotonicTime(std::chrono::seconds(9)), AgentId{1}), nullptr);
  EXPECT_NE(plan.NextPending(MonotonicTime(std::chrono::seconds(10)), AgentId{1}), nullptr);
}

TEST(ShardPlanTest, PrefersAnotherAgentForAShardThatFailed) {
  ShardPlan plan;
  OpenShard failed = Shard(1, 0, 50);
  failed.avoid = AgentId{1};
  plan.Add(failed);
  plan.Add(Shard(2, 50, 100));

  EXPECT_EQ(plan.NextPending({}, AgentId{1})->record.id, ShardId{2});
  EXPECT_EQ(plan.NextPending({}, AgentId{2})->record.id, ShardId{1});
}

TEST(ShardPlanTest, GivesAnAvoidedShardToItsAgentWhenNothingElseIsLeft) {
  ShardPlan plan;
  OpenShard failed = Shard(1, 0, 50);
  failed.avoid = AgentId{1};
  plan.Add(failed);

  EXPECT_NE(plan.NextPending({}, AgentId{1}), nullptr);
}

}  // namespace
}  // namespace wattfleet::coordinator
