// The coordinator's core and pairs that keep several requests in flight.

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/core_harness.h"

namespace wattfleet::coordinator {
namespace {

using namespace std::chrono_literals;
using testing::CoreHarness;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One agent and a served pair of `queries`.
struct Fixture {
  explicit Fixture(std::int64_t queries, std::int32_t concurrency = 8, RetryLimits retry = {}) {
    harness.Submit(queries, 1, retry, {.concurrency = concurrency});
    session = harness.Connect("a");
  }
  LeaseGrant Ask() {
    harness.AskForWork(session);
    const auto grants = harness.Sent<LeaseGrant>(session);
    return grants.empty() ? LeaseGrant{} : grants.at(0);
  }
  void Close(const LeaseGrant& grant, LeaseClose close) {
    ResultBatch batch = CoreHarness::Results(grant, "a", seq++, 0, 0);
    batch.close = std::move(close);
    harness.Deliver(session, std::move(batch));
  }
  CoreHarness harness;
  SessionId session;
  std::uint64_t seq = 1;
};

std::int64_t SizeOf(const LeaseGrant& grant) {
  return grant.units.empty() ? 0 : grant.units.back().hi - grant.units.front().lo;
}

TEST(CoreServedTest, ALeaseOfAServedPairFillsItsSlotsTwice) {
  Fixture f(1000, 64);
  EXPECT_EQ(SizeOf(f.Ask()), 128);
}

TEST(CoreServedTest, LeasesOfAServedPairMayOverlapAsManyTimesAsItHasSlots) {
  Fixture f(1000, 3);
  int granted = 0;
  while (f.Ask().lease) {
    ++granted;
  }
  EXPECT_EQ(granted, 2 + 3);
}

TEST(CoreServedTest, MeasuresTheSpeedOfOverlappingLeasesByAllTheirRows) {
  Fixture f(4000);
  const LeaseGrant first = f.Ask();
  const LeaseGrant second = f.Ask();
  f.harness.Pass(10s);
  // 15 rows of the first and 15 of the second in 10 s; the first's straggler a moment later.
  f.harness.Deliver(f.session, CoreHarness::Results(first, "a", f.seq++, 0, 15));
  ResultBatch batch = CoreHarness::Results(second, "a", f.seq++, 16, 32);
  batch.close = LeaseClose{};
  f.harness.Deliver(f.session, std::move(batch));
  EXPECT_NEAR(f.harness.pair().units_per_second, 3.1, 1e-9);

  batch = CoreHarness::Results(first, "a", f.seq++, 15, 16);
  batch.close = LeaseClose{};
  f.harness.Deliver(f.session, std::move(batch));

  EXPECT_NEAR(f.harness.pair().units_per_second, 3.1, 1e-9) << "no time passed";
  EXPECT_EQ(SizeOf(f.Ask()), 186) << "a minute's work";
}

TEST(CoreServedTest, AShardThatAnAgentDiedOnIsRunAlone) {
  Fixture f(1000);
  const LeaseGrant first = f.Ask();
  EXPECT_FALSE(first.alone);

  f.harness.Do(SessionClosed{f.session});
  f.session = f.harness.Connect("a", 2);

  const LeaseGrant other = f.Ask();
  EXPECT_NE(other.units, first.units) << "it avoids the one it lost";
  EXPECT_FALSE(other.alone);
  const SessionId second = f.harness.Connect("b");
  f.harness.AskForWork(second);
  const LeaseGrant again = f.harness.Sent<LeaseGrant>(second).at(0);
  EXPECT_EQ(again.units, first.units);
  EXPECT_TRUE(again.alone);
}

TEST(CoreServedTest, WhereOneDeathIsTooManyEveryShardIsRunAlone) {
  Fixture f(1000, 8, {.errors = 3, .crashes = 1});
  EXPECT_TRUE(f.Ask().alone);
}

TEST(CoreServedTest, AnInstanceThatDoesNotOverlapRequestsGetsThePairNoMoreAndThePairSaysWhy) {
  Fixture f(1000);
  const LeaseClose no{.outcome = LeaseOutcome::kNotConcurrent, .message = "NOT_CONCURRENT: 1 of 8"};
  f.Close(f.Ask(), no);

  EXPECT_EQ(f.harness.pair().state, PairState::kBlocked);
  EXPECT_EQ(f.harness.pair().reason, "a: NOT_CONCURRENT: 1 of 8");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(f.Ask().lease);
    f.harness.Pass(1000s);
  }
  const auto& shard = f.harness.pair().plan.open().begin()->second.record;
  EXPECT_EQ(shard.error_n + shard.crash_n, 0) << "no unit is to blame";

  const SessionId other = f.harness.Connect("b");
  EXPECT_EQ(f.harness.pair().state, PairState::kOpen);
  EXPECT_EQ(f.harness.pair().reason, "");
  f.harness.AskForWork(other);
  EXPECT_THAT(f.harness.Sent<LeaseGrant>(other), SizeIs(1));
  EXPECT_FALSE(f.Ask().lease);
}

TEST(CoreServedTest, ABarredInstanceIsAskedAgainOnceItConnectsAnewOrSomebodyResumesTheSweep) {
  Fixture f(1000);
  const LeaseClose no{.outcome = LeaseOutcome::kNotConcurrent, .message = "NOT_CONCURRENT"};
  f.Close(f.Ask(), no);
  ASSERT_EQ(f.harness.pair().state, PairState::kBlocked);

  f.harness.Do(SweepCommanded{SweepId{1}, SweepVerb::kResume});
  const auto grants = f.harness.Sent<LeaseGrant>(f.session);
  ASSERT_THAT(grants, IsEmpty());
  const LeaseGrant second = f.Ask();
  ASSERT_TRUE(second.lease);
  f.Close(second, no);
  ASSERT_EQ(f.harness.pair().state, PairState::kBlocked);

  f.harness.Restart();
  EXPECT_EQ(f.harness.pair().state, PairState::kBlocked);
  f.session = f.harness.Connect("a", 2, {}, f.seq);
  EXPECT_EQ(f.harness.pair().state, PairState::kOpen);
  EXPECT_TRUE(f.Ask().lease);
}

}  // namespace
}  // namespace wattfleet::coordinator
