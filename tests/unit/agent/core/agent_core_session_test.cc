#include <algorithm>

#include "tests/support/status_matchers.h"
#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wattfleet::testing::IsOk;
using wattfleet::testing::Says;
using wattfleet::testing::StatusIs;

class AgentCoreSessionTest : public AgentCoreHarness {};

TEST_F(AgentCoreSessionTest, HelloSaysWhoItIsWhatItOffersAndWhatItsSpoolHolds) {
  ASSERT_TRUE(spool_.Append("one").ok());
  ASSERT_TRUE(spool_.Append("two").ok());

  Build();

  ASSERT_THAT(link_.hellos, SizeIs(1));
  const AgentHello& hello = link_.hellos[0];
  EXPECT_EQ(hello.agent_name, "agent");
  EXPECT_EQ(hello.agent_version, "test");
  EXPECT_EQ(hello.incarnation, 5);
  EXPECT_EQ(hello.spool_id, spool_.id());
  EXPECT_EQ(hello.spool_retained_from, 1);
  EXPECT_EQ(hello.spool_next, 3);
  ASSERT_THAT(hello.instances, SizeIs(1));
  EXPECT_EQ(hello.instances[0].engines, engines_.offers);
  EXPECT_THAT(hello.power_channels, ElementsAre("fake"));
  EXPECT_THAT(hello.held, IsEmpty());
}

TEST_F(AgentCoreSessionTest, SaysNothingBeforeItIsWelcome) {
  Build();
  world_.RunFor(seconds(10));

  EXPECT_THAT(link_.sent, IsEmpty());
}

TEST_F(AgentCoreSessionTest, HeartbeatsCarryProgressAndAreJittered) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  std::vector<MonotonicTime> at;
  while (at.size() < 20) {
    Serve(milliseconds(100));
    if (link_.Sent<Heartbeat>().size() > at.size()) {
      at.push_back(world_.MonotonicNow());
    }
  }

  bool any_differs = false;
  for (std::size_t i = 2; i < at.size(); ++i) {
    EXPECT_GE(at[i] - at[i - 1], milliseconds(4'300));
    EXPECT_LE(at[i] - at[i - 1], milliseconds(5'700));
    any_differs = any_differs || at[i] - at[i - 1] != at[1] - at[0];
  }
  EXPECT_TRUE(any_differs);
  const auto beats = link_.Sent<Heartbeat>();
  for (std::size_t i = 1; i < beats.size(); ++i) {
    EXPECT_EQ(beats[i].seq, beats[i - 1].seq + 1);
    ASSERT_THAT(beats[i].leases, SizeIs(1));
    EXPECT_GT(beats[i].leases[0].units_done, beats[i - 1].leases[0].units_done);
    EXPECT_NEAR(beats[i].leases[0].units_per_second, 1, 0.3);
  }
}

TEST_F(AgentCoreSessionTest, ACoordinatorThatStopsAnsweringIsLeftAndFoundAgain) {
  BuildAndWelcome();
  Serve(seconds(20));

  world_.RunFor(seconds(55));
  AwaitHello();

  EXPECT_THAT(notes_, ::testing::Contains(HasSubstr("does not answer")));
  Welcome();
  EXPECT_TRUE(link_.is_connected());
}

TEST_F(AgentCoreSessionTest, ADialWithoutAWelcomeIsGivenUp) {
  Build();

  ASSERT_TRUE(world_.RunUntil([this] { return link_.hellos.size() >= 3; }, minutes(2)));
}

TEST_F(AgentCoreSessionTest, ReconnectsWithGrowingJitterUpTo30Seconds) {
  Build();
  MonotonicTime last = world_.MonotonicNow();
  std::vector<milliseconds> waits;
  for (int i = 0; i < 60; ++i) {
    link_.Break();
    AwaitHello();
    waits.push_back(std::chrono::duration_cast<milliseconds>(world_.MonotonicNow() - last));
    last = world_.MonotonicNow();
  }

  EXPECT_LE(waits[0], milliseconds(500));
  EXPECT_THAT(waits, Each(::testing::Le(milliseconds(30'000))));
  EXPECT_GT(*std::ranges::max_element(waits), milliseconds(20'000));
}

TEST_F(AgentCoreSessionTest, ReconnectsFastAgainAfterASessionThatWorked) {
  Build();
  for (int i = 0; i < 20; ++i) {
    link_.Break();
    AwaitHello();
  }
  Welcome();
  Serve(seconds(10));

  const MonotonicTime broken = world_.MonotonicNow();
  link_.Break();
  AwaitHello();

  EXPECT_LE(world_.MonotonicNow() - broken, milliseconds(500));
}

TEST_F(AgentCoreSessionTest, LeasesRunOnWhileTheCoordinatorIsAwayAndItsFramesFollow) {
  BuildAndWelcome();
  Grant(GrantOf(1, 20));
  Serve(seconds(5));
  const std::size_t before = Results().size();

  link_.Break();
  world_.RunFor(seconds(40));
  EXPECT_EQ(backend_->sent.size(), 20);
  if (!link_.is_connected()) {
    AwaitHello();
  }
  EXPECT_THAT(link_.hellos.back().held,
              ElementsAre(HeldLease{.lease = {1}, .epoch = 1, .finished = true}));
  Welcome(frames_acked_, 1 << 20, {{LeaseId{1}, LeaseVerdict::kFinishAndReport}});
  Serve(seconds(1));

  EXPECT_GT(Results().size(), before);
  EXPECT_THAT(Results(), SizeIs(20));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
}

TEST_F(AgentCoreSessionTest, HelloNamesTheLeasesItHoldsAndObeysTheVerdicts) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Grant(GrantOf(2, 100));
  Serve(seconds(3));

  link_.Break();
  AwaitHello();
  EXPECT_THAT(link_.hellos.back().held, ElementsAre(HeldLease{.lease = {1}, .epoch = 1},
                                                    HeldLease{.lease = {2}, .epoch = 1}));
  Welcome(frames_acked_, 1 << 20,
          {{LeaseId{1}, LeaseVerdict::kStop}, {LeaseId{2}, LeaseVerdict::kKeep}});
  Serve(seconds(5));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(CloseOf(2), std::nullopt);
  EXPECT_EQ(link_.Sent<Heartbeat>().back().leases[0].lease.value, 2);
}

TEST_F(AgentCoreSessionTest, OpenRequestsAreRepeatedUnderTheirNumbers) {
  BuildAndWelcome();
  ASSERT_THAT(link_.Sent<WorkRequest>(), SizeIs(1));

  link_.Break();
  AwaitHello();
  Welcome();

  const auto requests = link_.Sent<WorkRequest>();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0], requests[1]);
}

TEST_F(AgentCoreSessionTest, ALeaseWhoseQueriesWereCutOffGivesTheRestBack) {
  BuildAndWelcome();
  LeaseGrant grant = GrantOf(1, 3);
  link_.Deliver(grant);
  link_.Deliver(QueriesOf(grant, /*last=*/false));

  link_.Break();
  AwaitHello();
  Welcome(0, 1 << 20, {{LeaseId{1}, LeaseVerdict::kKeep}});
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_THAT(Results(), SizeIs(3));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_THAT(CloseOf(1)->message, HasSubstr("before all queries"));
}

TEST_F(AgentCoreSessionTest, APermanentRefusalEndsTheAgentWithTheCoordinatorsWords) {
  Build();

  link_.Deliver(Refuse{.code = "UPGRADE_REQUIRED", .reason = "speaks 2 to 3", .permanent = true});
  world_.RunFor(minutes(10));

  EXPECT_THAT(exits_, ElementsAre(StatusIs(absl::StatusCode::kFailedPrecondition,
                                           HasSubstr("UPGRADE_REQUIRED: speaks 2 to 3"))));
  EXPECT_THAT(link_.hellos, SizeIs(1));
  EXPECT_FALSE(link_.is_connected());
}

TEST_F(AgentCoreSessionTest, AnotherRefusalIsRetriedAfterItsTime) {
  Build();
  const MonotonicTime refused = world_.MonotonicNow();

  link_.Deliver(Refuse{.code = "DRAINING", .reason = "later", .retry_after = seconds(60)});
  AwaitHello();

  EXPECT_GE(world_.MonotonicNow() - refused, seconds(60));
  EXPECT_THAT(exits_, IsEmpty());
}

TEST_F(AgentCoreSessionTest, DrainFinishesWhatRunsReturnsWhatWaitsAndTakesNothingNew) {
  BuildAndWelcome();
  Grant(GrantOf(1, 10));
  Grant(GrantOf(2, 10));
  Serve(seconds(3));

  link_.Deliver(FleetOrder{.kind = FleetOrderKind::kDrain});
  ASSERT_TRUE(ServeUntilClosed(2, seconds(1)));
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kReleased);
  Grant(GrantOf(3, 10));
  ASSERT_TRUE(ServeUntilClosed(3, seconds(1)));
  EXPECT_EQ(CloseOf(3)->outcome, LeaseOutcome::kReleased);
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  Serve(minutes(1));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(2));
  EXPECT_THAT(exits_, IsEmpty());
}

TEST_F(AgentCoreSessionTest, ADrainEndsWithTheSessionItCameIn) {
  BuildAndWelcome();
  link_.Deliver(FleetOrder{.kind = FleetOrderKind::kDrain});
  link_.Break();
  AwaitHello();
  const std::size_t before = link_.Sent<WorkRequest>().size();

  Welcome();

  EXPECT_GT(link_.Sent<WorkRequest>().size(), before);
}

TEST_F(AgentCoreSessionTest, ShutdownFinishesRequestsHandsOverSaysGoodbyeAndExits) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Grant(GrantOf(2, 100));
  Serve(milliseconds(3'500));

  core_->Shutdown("SIGTERM");
  Serve(seconds(3));

  EXPECT_THAT(exits_, ElementsAre(IsOk()));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(Results().size(), backend_->sent.size());
  EXPECT_EQ(backend_->cancels, 0);
  EXPECT_TRUE(std::holds_alternative<Goodbye>(link_.sent.back()));
  EXPECT_FALSE(link_.is_connected());
}

TEST_F(AgentCoreSessionTest, ShutdownWaitsTenSecondsForASlowAnswerAndNoLonger) {
  script_ = [](const auto&, int) { return Says("a", std::chrono::hours(1)); };
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Serve(seconds(3));

  core_->Shutdown("SIGTERM");
  Serve(seconds(9));
  EXPECT_THAT(exits_, IsEmpty());
  Serve(seconds(3));

  EXPECT_THAT(exits_, ElementsAre(IsOk()));
  EXPECT_EQ(backend_->in_flight(), 0);
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
}

TEST_F(AgentCoreSessionTest, ShutdownWithoutACoordinatorKeepsEverythingInTheSpool) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Serve(seconds(3));
  link_.Break();

  core_->Shutdown("SIGTERM");
  world_.RunFor(seconds(15));

  EXPECT_THAT(exits_, ElementsAre(IsOk()));
  WF_EXPECT_OK(spool_.Read(spool_.next_seq() - 1));
}

TEST_F(AgentCoreSessionTest, EnginesThatAppearLaterAreOffered) {
  engines_.offers.clear();
  BuildAndWelcome();
  EXPECT_THAT(link_.hellos.back().instances[0].engines, IsEmpty());

  engines_.offers = {{.kind = "ollama", .refs = {"llama3.1:8b"}}};
  const std::size_t before = link_.hellos.size();
  for (int i = 0; i < 100 && link_.hellos.size() == before; ++i) {
    Serve(seconds(1));
  }

  ASSERT_EQ(link_.hellos.size(), before + 1);
  EXPECT_EQ(link_.hellos.back().instances[0].engines, engines_.offers);
}

TEST_F(AgentCoreSessionTest, ItCanBeDestroyedAtAnyMoment) {
  for (int step = 0; step < 60; ++step) {
    link_.Disconnect();
    BuildAndWelcome();
    Grant(GrantOf(1, 5));
    world_.RunFor(milliseconds(137 * step));
    core_.reset();
    const std::size_t said = link_.sent.size();
    world_.RunFor(minutes(1));
    EXPECT_EQ(link_.sent.size(), said) << "after " << 137 * step << " ms";
  }
}

}  // namespace
}  // namespace wattfleet::agent
