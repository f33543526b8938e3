// The coordinator's core, one event at a time.

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/core_harness.h"

namespace wattfleet::coordinator {
namespace {

using namespace std::chrono_literals;
using testing::CoreHarness;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One agent, one sweep of `queries`, and its first grant.
struct Fixture {
  explicit Fixture(std::int64_t queries = 10, RetryLimits retry = {}) {
    harness.Submit(queries, 1, retry);
    session = harness.Connect("a");
    harness.AskForWork(session);
    grant = harness.Sent<LeaseGrant>(session).at(0);
  }
  // Reports every unit of the grant and closes it.
  void Finish(LeaseOutcome outcome = LeaseOutcome::kCompleted) {
    ResultBatch batch =
        CoreHarness::Results(grant, "a", seq++, grant.units.front().lo, grant.units.back().hi);
    batch.close = LeaseClose{.outcome = outcome};
    harness.Deliver(session, std::move(batch));
  }
  void Close(LeaseClose close, Unit lo = 0, Unit hi = 0) {
    ResultBatch batch = CoreHarness::Results(grant, "a", seq++, lo, hi);
    batch.close = std::move(close);
    harness.Deliver(session, std::move(batch));
  }
  CoreHarness harness;
  SessionId session;
  LeaseGrant grant;
  std::uint64_t seq = 1;
};

TEST(CoreTest, SaysAGrantOnlyOnceItIsDurable) {
  CoreHarness harness;
  harness.Submit(10);
  const SessionId session = harness.Connect("a");
  harness.HoldCommits(true);

  harness.AskForWork(session);

  EXPECT_THAT(harness.Sent<LeaseGrant>(session), IsEmpty());
  harness.CommitAll();
  EXPECT_THAT(harness.Sent<LeaseGrant>(session), SizeIs(1));
}

TEST(CoreTest, AcknowledgesOnlyWhatIsDurable) {
  Fixture f;
  f.harness.HoldCommits(true);

  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 1, 0, 3));

  EXPECT_THAT(f.harness.Sent<ResultAck>(f.session), IsEmpty());
  f.harness.CommitAll();
  const auto acks = f.harness.Sent<ResultAck>(f.session);
  ASSERT_THAT(acks, SizeIs(1));
  EXPECT_EQ(acks[0].through_seq, 1U);
  EXPECT_EQ(acks[0].accepted, 3);
}

TEST(CoreTest, AnswersTheSameRequestIdOnce) {
  CoreHarness harness;
  harness.Submit(1000);
  const SessionId session = harness.Connect("a");

  harness.Do(WorkRequested{session, {.request_id = 77, .instance = "gpu0"}});
  harness.Do(WorkRequested{session, {.request_id = 77, .instance = "gpu0"}});

  EXPECT_THAT(harness.Sent<LeaseGrant>(session), SizeIs(1));
}

TEST(CoreTest, CountsAFrameSentTwiceOnce) {
  Fixture f;
  const ResultBatch batch = CoreHarness::Results(f.grant, "a", 1, 0, 3);

  f.harness.Deliver(f.session, batch);
  f.harness.Deliver(f.session, batch);

  EXPECT_EQ(f.harness.pair().completed, 3);
  EXPECT_EQ(f.harness.StoredResults(), 3U);
}

TEST(CoreTest, CountsAUnitAnsweredTwiceOnce) {
  Fixture f;

  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 1, 0, 3));
  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 2, 1, 4));

  EXPECT_EQ(f.harness.pair().completed, 4);
  EXPECT_EQ(f.harness.StoredResults(), 4U);
}

TEST(CoreTest, EndsASessionThatSkipsAFrameAndKeepsItsCursor) {
  Fixture f;

  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 2, 0, 3));

  EXPECT_TRUE(f.harness.WasClosed(f.session));
  EXPECT_EQ(f.harness.StoredResults(), 0U);
  const SessionId again = f.harness.Connect("a");
  EXPECT_EQ(f.harness.Sent<Welcome>(again).at(0).ack_through_seq, 0U);
}

TEST(CoreTest, CompletesASweepWhenEveryUnitHasARow) {
  Fixture f(5);

  f.Finish();
  while (f.harness.pair().state == PairState::kOpen && f.seq < 20) {
    f.harness.AskForWork(f.session);
    f.grant = f.harness.Sent<LeaseGrant>(f.session).at(0);
    f.Finish();
  }

  EXPECT_EQ(f.harness.pair().state, PairState::kComplete);
  EXPECT_EQ(f.harness.core().FindSweep("sweep")->record.state, SweepState::kComplete);
  EXPECT_EQ(f.harness.StoredResults(), 5U);
}

TEST(CoreTest, BelievesRowsNotAnAgentThatSaysCompleted) {
  Fixture f;

  f.Close({.outcome = LeaseOutcome::kCompleted}, f.grant.units[0].lo, f.grant.units[0].lo + 1);

  EXPECT_EQ(f.harness.pair().state, PairState::kOpen);
  f.harness.Pass(10s);
  const SessionId other = f.harness.Connect("b");
  f.harness.AskForWork(other);
  const LeaseGrant again = f.harness.Sent<LeaseGrant>(other).at(0);
  EXPECT_EQ(again.units[0].lo, f.grant.units[0].lo + 1) << "only what is missing runs again";
}

TEST(CoreTest, ExpiresALeaseWithoutProgressWhateverTheHeartbeatsSay) {
  Fixture f;
  const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(f.grant.ttl);

  for (std::chrono::seconds t{0}; t <= ttl; t += 5s) {
    f.harness.Pass(5s);
    f.harness.Do(HeartbeatReceived{
        f.session,
        {.leases = {{.lease = f.grant.lease, .epoch = f.grant.epoch, .units_done = 0}}}});
  }

  EXPECT_EQ(f.harness.core().leases().Find(f.grant.lease), nullptr);
  const auto orders = f.harness.Sent<LeaseOrder>(f.session);
  ASSERT_FALSE(orders.empty());
  EXPECT_EQ(orders[0].verdict, LeaseVerdict::kStop);
}

TEST(CoreTest, RenewsALeaseThatMakesProgress) {
  Fixture f;
  const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(f.grant.ttl);
  std::int64_t done = 0;

  for (std::chrono::seconds t{0}; t <= 3 * ttl; t += 30s) {
    f.harness.Pass(30s);
    f.harness.Do(HeartbeatReceived{
        f.session,
        {.leases = {{.lease = f.grant.lease, .epoch = f.grant.epoch, .units_done = ++done}}}});
  }

  EXPECT_NE(f.harness.core().leases().Find(f.grant.lease), nullptr);
}

TEST(CoreTest, TakesLateRowsButLeavesTheShardToItsNewLease) {
  Fixture f;
  f.harness.Do(SessionClosed{f.session});
  f.harness.Pass(200s);
  ASSERT_EQ(f.harness.core().leases().size(), 0U) << "the lease of the lost agent expired";
  const SessionId other = f.harness.Connect("b");
  f.harness.AskForWork(other);
  const LeaseGrant second = f.harness.Sent<LeaseGrant>(other).at(0);
  f.session = f.harness.Connect("a", 1, {{f.grant.lease, f.grant.epoch, true}}, 2);

  f.Finish();

  EXPECT_EQ(f.harness.pair().completed, f.grant.units.back().hi - f.grant.units.front().lo);
  EXPECT_NE(f.harness.core().leases().Find(second.lease), nullptr);
  EXPECT_GT(second.epoch, f.grant.epoch);
}

TEST(CoreTest, IgnoresAFencedSession) {
  Fixture f;
  const SessionId fresh = f.harness.Connect("a", 2);

  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 1, 0, 3));
  f.harness.AskForWork(f.session);

  EXPECT_EQ(f.harness.StoredResults(), 0U);
  EXPECT_THAT(f.harness.Sent<LeaseGrant>(f.session), IsEmpty());
  EXPECT_TRUE(f.harness.WasClosed(f.session));
  EXPECT_FALSE(f.harness.WasClosed(fresh));
}

TEST(CoreTest, ChargesACrashOnlyToAnAgentThatStartedAnew) {
  Fixture f;
  f.harness.Do(SessionClosed{f.session});
  f.harness.Connect("a", 1);
  const auto& shards = f.harness.pair().plan.open();
  EXPECT_EQ(shards.at(f.grant.shard).record.crash_n, 0);
  EXPECT_EQ(shards.at(f.grant.shard).record.state, ShardState::kPending);

  const SessionId again = f.harness.Connect("a", 1);
  f.harness.AskForWork(again);
  f.harness.Connect("a", 2);

  EXPECT_EQ(shards.at(f.grant.shard).record.crash_n, 1);
}

TEST(CoreTest, ChargesACrashToTheRunningLeaseNotToThePrefetchedOne) {
  Fixture f(1000);
  f.harness.AskForWork(f.session);
  const LeaseGrant prefetched = f.harness.Sent<LeaseGrant>(f.session).at(0);

  f.harness.Connect("a", 2);

  const auto& shards = f.harness.pair().plan.open();
  EXPECT_EQ(shards.at(f.grant.shard).record.crash_n, 1);
  EXPECT_EQ(shards.at(prefetched.shard).record.crash_n, 0);
}

TEST(CoreTest, WaitsForTheBacklogBeforeJudgingForgottenLeases) {
  Fixture f;
  f.harness.Do(SessionClosed{f.session});

  f.session = f.harness.Connect("a", 2, {}, 2);  // frame 1 is still in its spool

  EXPECT_NE(f.harness.core().leases().Find(f.grant.lease), nullptr);
  f.Finish();
  EXPECT_EQ(f.harness.core().leases().Find(f.grant.lease), nullptr);
  EXPECT_EQ(f.harness.pair().plan.open().contains(f.grant.shard), false) << "done, not run again";
}

TEST(CoreTest, EndsALeaseWhoseLastFrameBecameDurableWithoutItsClose) {
  Fixture f(1);
  f.harness.HoldCommits(true);
  f.Finish();
  f.harness.CommitOne();  // the rows and the cursor; the lease's end was to follow
  f.harness.Restart();
  f.harness.HoldCommits(false);

  f.session = f.harness.Connect(
      "a", 1, {{.lease = f.grant.lease, .epoch = f.grant.epoch, .finished = true}}, f.seq);
  f.harness.AskForWork(f.session);

  EXPECT_EQ(f.harness.core().leases().Find(f.grant.lease), nullptr);
  EXPECT_EQ(f.harness.pair().plan.open().contains(f.grant.shard), false) << "done, not run again";
  EXPECT_EQ(f.harness.pair().state, PairState::kComplete);
}

TEST(CoreTest, QuarantinesUnitsThatFailTooOftenAndFinishesTheRest) {
  Fixture f(1, {.errors = 2, .crashes = 3});
  const LeaseClose failed{.outcome = LeaseOutcome::kFailed,
                          .failures = {{.unit = 0, .failure = Failure::kServer}}};

  f.Close(failed);
  f.harness.Pass(5s);
  f.harness.AskForWork(f.session);
  f.grant = f.harness.Sent<LeaseGrant>(f.session).at(0);
  f.Close(failed);

  EXPECT_EQ(f.harness.pair().state, PairState::kCompleteWithGaps);
  EXPECT_EQ(f.harness.pair().quarantined, 1);
}

TEST(CoreTest, BisectsAShardOnWhichAgentsDieDownToTheUnit) {
  Fixture f(8, {.errors = 3, .crashes = 1});
  const Unit poison = 2;
  std::uint64_t incarnation = 1;
  int rounds = 0;

  while (f.harness.pair().state == PairState::kOpen && ++rounds < 40) {
    const bool fatal = f.grant.units.front().lo <= poison && poison < f.grant.units.back().hi;
    if (fatal) {
      f.harness.Do(SessionClosed{f.session});
      f.session = f.harness.Connect("a", ++incarnation, {}, f.seq);
      f.harness.Pass(400s);  // past the breaker's pause
      f.session = f.harness.Connect("a", incarnation, {}, f.seq);
    } else {
      f.Finish();
    }
    f.harness.AskForWork(f.session);
    const auto grants = f.harness.Sent<LeaseGrant>(f.session);
    if (grants.empty()) {
      f.harness.Pass(3600s);
      continue;
    }
    f.grant = grants[0];
  }

  EXPECT_EQ(f.harness.pair().state, PairState::kCompleteWithGaps);
  EXPECT_EQ(f.harness.pair().quarantined, 1);
  EXPECT_EQ(f.harness.pair().completed, 7);
}

TEST(CoreTest, RefusesAnotherBuildThanTheSealSaysAndChargesNothing) {
  Fixture f(1000);
  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 1, 0, 1));
  const SessionId other = f.harness.Connect("b");
  f.harness.AskForWork(other);
  const LeaseGrant second = f.harness.Sent<LeaseGrant>(other).at(0);
  ASSERT_TRUE(second.seal.has_value());

  ResultBatch wrong =
      CoreHarness::Results(second, "b", 1, second.units[0].lo, second.units[0].lo + 1);
  wrong.environment.seal.model_digest = "other weights";
  f.harness.Deliver(other, std::move(wrong));

  EXPECT_EQ(f.harness.StoredResults(), 1U);
  const auto acks = f.harness.Sent<ResultAck>(other);
  ASSERT_THAT(acks, SizeIs(1)) << "consumed, so that it is not sent for ever";
  EXPECT_EQ(acks[0].through_seq, 1U);
  EXPECT_EQ(f.harness.core().leases().Find(second.lease), nullptr);
  f.harness.AskForWork(other);
  EXPECT_THAT(f.harness.Sent<LeaseGrant>(other), IsEmpty()) << "it cannot serve this pair";
}

TEST(CoreTest, SetsAnAgentAsideAfterThreeFruitlessLeases) {
  Fixture f(1000);

  for (int i = 0; i < 3; ++i) {
    f.Close({.outcome = LeaseOutcome::kFailed, .message = "engine exited with 1"});
    f.harness.Pass(5s);
    f.harness.AskForWork(f.session);
    const auto grants = f.harness.Sent<LeaseGrant>(f.session);
    if (i < 2) {
      f.grant = grants.at(0);
    } else {
      EXPECT_THAT(grants, IsEmpty());
    }
  }

  f.harness.Do(HeartbeatReceived{f.session, {}});
  EXPECT_EQ(f.harness.pair().quarantined, 0) << "an engine's fault is no unit's fault";
}

TEST(CoreTest, KeepsEachTroubleOfAnAgentOnceAsAnEventOfItsSweep) {
  Fixture f;
  for (const char* health : {"no answer from :8001", "", "no answer from :8002", "engine died"}) {
    f.harness.Do(HeartbeatReceived{f.session, {.leases = {}, .health = health}});
  }

  EXPECT_THAT(f.harness.Events("AGENT"), ElementsAre("a: no answer from :8001", "a: engine died"));
}

TEST(CoreTest, RestartsFromTheStoreWithoutChargingAnyone) {
  Fixture f(1000);
  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", 1, 0, 3));

  f.harness.Restart();
  f.session = f.harness.Connect("a", 1, {{f.grant.lease, f.grant.epoch, false}}, 2);

  const Welcome welcome = f.harness.Sent<Welcome>(f.session).at(0);
  EXPECT_EQ(welcome.ack_through_seq, 1U);
  ASSERT_THAT(welcome.held, SizeIs(1));
  EXPECT_EQ(welcome.held[0].second, LeaseVerdict::kKeep);
  EXPECT_EQ(f.harness.pair().completed, 3);
  EXPECT_EQ(f.harness.pair().plan.open().at(f.grant.shard).record.crash_n, 0);
}

TEST(CoreTest, KeepsARequestWhoseShardTurnedOutToBeDone) {
  Fixture f(40);
  f.harness.Do(SessionClosed{f.session});
  f.harness.Pass(200s);  // the lease of the lost agent expired
  const SessionId other = f.harness.Connect("b");
  f.session = f.harness.Connect("a", 1, {{f.grant.lease, f.grant.epoch, true}}, 2);
  f.Finish();  // late rows fill the pending shard
  ASSERT_EQ(f.harness.pair().completed, f.grant.units.back().hi);

  f.harness.AskForWork(other);

  const auto grants = f.harness.Sent<LeaseGrant>(other);
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_GE(grants[0].units.front().lo, f.grant.units.back().hi);
}

TEST(CoreTest, GuessesNoSpeedFromALeaseThatAnEarlierProcessGranted) {
  Fixture f(4000);
  f.harness.Restart();
  f.session = f.harness.Connect("a", 1, {{f.grant.lease, f.grant.epoch, false}});
  f.Finish();

  f.harness.AskForWork(f.session);

  const LeaseGrant next = f.harness.Sent<LeaseGrant>(f.session).at(0);
  EXPECT_EQ(next.units.back().hi - next.units.front().lo, ShardSizing{}.first_units);
}

TEST(CoreTest, MeasuresSpeedByALeasesOwnRows) {
  Fixture f(4000);
  f.harness.Deliver(f.session, CoreHarness::Results(f.grant, "a", f.seq++, 0, 15));
  f.harness.Do(SessionClosed{f.session});
  f.harness.Pass(200s);
  f.session = f.harness.Connect("a", 2, {}, f.seq);
  f.harness.AskForWork(f.session);  // another shard: it avoids the one it lost
  f.harness.AskForWork(f.session);
  const auto grants = f.harness.Sent<LeaseGrant>(f.session);
  const SessionId other = f.harness.Connect("b");
  f.harness.AskForWork(other);
  f.grant = f.harness.Sent<LeaseGrant>(other).at(0);
  ASSERT_EQ(f.grant.units, (std::vector<UnitRange>{{15, 16}})) << "one of sixteen is missing";
  f.harness.Pass(10s);
  ResultBatch batch = CoreHarness::Results(f.grant, "b", 1, 15, 16);
  batch.close = LeaseClose{};
  f.harness.Deliver(other, std::move(batch));

  f.harness.AskForWork(other);

  const LeaseGrant next = f.harness.Sent<LeaseGrant>(other).at(0);
  EXPECT_EQ(next.units.back().hi - next.units.front().lo, 6) << "a minute at a tenth a second";
}

TEST(CoreTest, PauseStopsGrantsAndResumeRestoresThem) {
  Fixture f(1000);
  const SweepId sweep = f.grant.pair.sweep;

  f.harness.Do(SweepCommanded{sweep, SweepVerb::kPause});
  f.harness.AskForWork(f.session);
  EXPECT_THAT(f.harness.Sent<LeaseGrant>(f.session), IsEmpty());
  f.harness.Do(SweepCommanded{sweep, SweepVerb::kResume});

  EXPECT_THAT(f.harness.Sent<LeaseGrant>(f.session), SizeIs(1));
}

TEST(CoreTest, CancelStopsLeasesAndCannotBeUndone) {
  Fixture f(1000);
  const SweepId sweep = f.grant.pair.sweep;

  f.harness.Do(SweepCommanded{sweep, SweepVerb::kCancel});
  f.harness.Do(SweepCommanded{sweep, SweepVerb::kResume});

  EXPECT_EQ(f.harness.core().FindSweep("sweep")->record.state, SweepState::kCancelled);
  EXPECT_EQ(f.harness.Sent<LeaseOrder>(f.session).at(0).verdict, LeaseVerdict::kStop);
  EXPECT_EQ(f.harness.core().leases().size(), 0U);
}

TEST(CoreTest, GoodbyeReleasesLeasesWithoutACharge) {
  Fixture f(1000);

  f.harness.Do(GoodbyeReceived{f.session});

  const OpenShard& shard = f.harness.pair().plan.open().at(f.grant.shard);
  EXPECT_EQ(shard.record.state, ShardState::kPending);
  EXPECT_EQ(shard.record.crash_n + shard.record.error_n, 0);
}

TEST(CoreTest, AWallClockStepExpiresNothing) {
  Fixture f;

  f.harness.core().Step(Tick{}, {f.harness.Now().monotonic, f.harness.Now().unix_ms + 86'400'000});

  EXPECT_NE(f.harness.core().leases().Find(f.grant.lease), nullptr);
}

}  // namespace
}  // namespace wattfleet::coordinator
