#include <map>
#include <set>

#include "common/wire/session_wire.h"
#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wattfleet::testing::Fails;
using wattfleet::testing::FakeEnergyAccount;
using wattfleet::testing::Says;

class AgentCoreLeaseTest : public AgentCoreHarness {};

TEST_F(AgentCoreLeaseTest, AGrantBecomesResultsAndOneClose) {
  BuildAndWelcome();

  Grant(GrantOf(1, 5));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_THAT(Results(), SizeIs(5));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_TRUE(Batches().back().close.has_value());
  for (const ResultBatch& batch : Batches()) {
    EXPECT_EQ(batch.lease.value, 1);
    EXPECT_EQ(batch.pair.value, 3);
    EXPECT_EQ(batch.sweep.value, 2);
    EXPECT_EQ(batch.epoch, 1);
    EXPECT_EQ(batch.spool_id, spool_.id());
    EXPECT_EQ(batch.environment.seal, (Seal{"sha256:1", "scripted", "q4"}));
    EXPECT_THAT(batch.environment.facts_json, HasSubstr("\"agent\":\"agent\""));
  }
}

TEST_F(AgentCoreLeaseTest, ResultsAreBatchedByNumberAndByAge) {
  script_ = [](const auto&, int) { return Says("a", milliseconds(1)); };
  BuildAndWelcome();

  Grant(GrantOf(1, 450));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  std::vector<std::size_t> sizes;
  for (const ResultBatch& batch : Batches()) {
    sizes.push_back(batch.results.size());
    EXPECT_LE(batch.results.size(), kBatchResults);
  }
  EXPECT_LE(sizes.size(), 6);
  EXPECT_THAT(Results(), SizeIs(450));
}

TEST_F(AgentCoreLeaseTest, AResultLeavesWithin200MillisecondsOfItsEnergy) {
  BuildAndWelcome();
  Grant(GrantOf(1, 2));

  ASSERT_TRUE(world_.RunUntil([this] { return backend_->sent.size() == 2; }, seconds(10)));
  world_.RunFor(milliseconds(300));
  EXPECT_THAT(Results(), IsEmpty());
  world_.RunFor(milliseconds(200));

  EXPECT_THAT(Results(), SizeIs(1));
}

TEST_F(AgentCoreLeaseTest, BigBodiesLeaveInBatchesThatTheCoordinatorTakes) {
  script_ = [this](const auto&, int) {
    std::string text;
    for (int i = 0; i < 60'000; ++i) {
      text.push_back(static_cast<char>('!' + world_.random().Below(90)));
    }
    return Says(text, milliseconds(1));
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 40));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_THAT(Results(), SizeIs(40));
  for (const SpooledBatch& frame : link_.Sent<SpooledBatch>()) {
    EXPECT_LE(frame.bytes.size(), 256U << 10);
  }
}

TEST_F(AgentCoreLeaseTest, OneLeaseRunsAndOneIsReady) {
  BuildAndWelcome();
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(1));

  Grant(GrantOf(1, 3));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(2));
  Grant(GrantOf(2, 3));
  Serve(seconds(2));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(2));
  EXPECT_THAT(engines_.acquired, SizeIs(1));
  EXPECT_EQ(backend_->in_flight(), 1);

  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));
  Serve(milliseconds(100));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(3));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(1)));

  EXPECT_EQ(backend_->most_in_flight, 1);
}

TEST_F(AgentCoreLeaseTest, RequestNumbersAreNeverUsedTwice) {
  BuildAndWelcome();
  for (std::int64_t lease = 1; lease <= 4; ++lease) {
    Grant(GrantOf(lease, 1));
    Serve(seconds(3));
  }

  std::set<std::uint64_t> ids;
  for (const WorkRequest& request : link_.Sent<WorkRequest>()) {
    EXPECT_TRUE(ids.insert(request.request_id).second);
  }
}

TEST_F(AgentCoreLeaseTest, TheSameGrantTwiceIsOneLease) {
  BuildAndWelcome();
  const LeaseGrant grant = GrantOf(1, 3);
  Grant(grant);
  Grant(grant);

  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));
  Serve(seconds(10));

  EXPECT_THAT(Results(), SizeIs(3));
}

TEST_F(AgentCoreLeaseTest, AnotherBuildThanTheSealTouchesNothing) {
  BuildAndWelcome();
  LeaseGrant grant = GrantOf(1, 3);
  grant.seal = Seal{"sha256:other", "scripted", "q4"};

  Grant(grant);
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kBuildMismatch);
  EXPECT_EQ(CloseOf(1)->message, "sealed scripted sha256:other q4, here scripted sha256:1 q4");
  EXPECT_THAT(Results(), IsEmpty());
  EXPECT_THAT(backend_->sent, IsEmpty());
}

TEST_F(AgentCoreLeaseTest, TheSealThatItServesIsServed) {
  BuildAndWelcome();
  LeaseGrant grant = GrantOf(1, 3);
  grant.seal = Seal{"sha256:1", "scripted", "q4"};

  Grant(grant);
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
}

TEST_F(AgentCoreLeaseTest, AnEngineThatComesUpLateIsTriedAgain) {
  engines_.failures = {absl::UnavailableError("loading"), absl::UnavailableError("loading")};
  BuildAndWelcome();

  Grant(GrantOf(1, 3));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_THAT(engines_.acquired, SizeIs(3));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
}

TEST_F(AgentCoreLeaseTest, AnEngineThatNeverComesUpFailsTheLeaseAndNoUnit) {
  engines_.failures.assign(3, absl::UnavailableError("cuda out of memory"));
  BuildAndWelcome();

  Grant(GrantOf(1, 3));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kFailed);
  EXPECT_EQ(CloseOf(1)->message, "scripted on gpu0: cuda out of memory");
  EXPECT_THAT(CloseOf(1)->failures, IsEmpty());
  Serve(seconds(6));
  EXPECT_EQ(link_.Sent<Heartbeat>().back().health, "scripted on gpu0: cuda out of memory");
}

TEST_F(AgentCoreLeaseTest, AModelThatIsNotThereOrAKeyThatIsWrongBlocksThePairHere) {
  for (const auto& status :
       {absl::NotFoundError("no model m, it has a, b"), absl::UnauthenticatedError("bad key"),
        absl::ResourceExhaustedError("no credit left"),
        absl::InvalidArgumentError("answers.jsonl:7: not an object")}) {
    engines_.failures.push_back(status);
  }
  BuildAndWelcome();

  for (std::int64_t lease = 1; lease <= 4; ++lease) {
    Grant(GrantOf(lease, 3));
    ASSERT_TRUE(ServeUntilClosed(lease, minutes(1)));
    EXPECT_EQ(CloseOf(lease)->outcome, LeaseOutcome::kEngineBlocked);
  }
  EXPECT_THAT(CloseOf(1)->message, HasSubstr("no model m, it has a, b"));
}

TEST_F(AgentCoreLeaseTest, AnEngineThatDiesInTheMiddleIsReplacedWithinTheLease) {
  script_ = [](const auto& request, int attempt) {
    return request.query_id == "q1002" && attempt == 1 ? Fails(Failure::kEngineDown) : Says("a");
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 6));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  EXPECT_THAT(engines_.distrusted, ElementsAre("gpu0"));
  EXPECT_THAT(engines_.acquired, SizeIs(2));
  EXPECT_THAT(Results(), SizeIs(6));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
}

TEST_F(AgentCoreLeaseTest, AnEngineThatComesBackWithOtherWeightsEndsTheLease) {
  script_ = [this](const auto& request, int attempt) {
    if (request.query_id == "q1002" && attempt == 1) {
      engines_.ready.identity.model_digest = "sha256:2";
      return Fails(Failure::kEngineDown);
    }
    return Says("a");
  };
  BuildAndWelcome();
  LeaseGrant grant = GrantOf(1, 6);
  grant.seal = Seal{"sha256:1", "scripted", "q4"};

  Grant(grant);
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kBuildMismatch);
  EXPECT_THAT(Results(), SizeIs(2));
  for (const ResultBatch& batch : Batches()) {
    EXPECT_TRUE(batch.results.empty() || batch.environment.seal.model_digest == "sha256:1");
  }
}

TEST_F(AgentCoreLeaseTest, FailedUnitsAreNamedInTheClose) {
  script_ = [](const auto& request, int) {
    return request.query_id == "q1001" ? Fails(Failure::kServer) : Says("a");
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 4));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kFailed);
  ASSERT_THAT(CloseOf(1)->failures, SizeIs(1));
  EXPECT_EQ(CloseOf(1)->failures[0].unit, 1'001);
  EXPECT_THAT(Results(), SizeIs(3));
}

TEST_F(AgentCoreLeaseTest, TheLedgerOfTheLeaseIsInItsClose) {
  script_ = [](const auto& request, int attempt) {
    return request.query_id == "q1001" && attempt == 1 ? Fails(Failure::kServer) : Says("a");
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 3));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  ASSERT_THAT(CloseOf(1)->ledger, SizeIs(1));
  const LedgerEntry ledger = CloseOf(1)->ledger[0];
  EXPECT_TRUE(ledger.Balances());
  EXPECT_EQ(ledger.attributed, 3 * FakeEnergyAccount::kPerRequest);
  EXPECT_EQ(ledger.uncounted, FakeEnergyAccount::kPerRequest);
  Microjoules reported = 0;
  for (const Result& result : Results()) {
    reported += *result.energy[0].gross;
  }
  EXPECT_EQ(reported, ledger.attributed);
  EXPECT_EQ(Batches()[0].channels[0].name, "fake");
}

TEST_F(AgentCoreLeaseTest, TheTraceOfTheLeaseComesInPartsAfterItsResultsAndBeforeItsClose) {
  meter_.trace = std::string(kTracePartBytesMax, 'a') + std::string(kTracePartBytesMax, 'b') + "c";
  BuildAndWelcome();

  Grant(GrantOf(1, 3));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  std::string trace;
  std::size_t results = 0;
  for (const ResultBatch& batch : Batches()) {
    results += batch.results.size();
    if (batch.trace) {
      EXPECT_EQ(results, 3U);
      EXPECT_FALSE(batch.close.has_value());
      EXPECT_EQ(batch.trace->parts, 3);
      EXPECT_EQ(trace.size(), static_cast<std::size_t>(batch.trace->part) * kTracePartBytesMax);
      EXPECT_LE(SerializeBatch(batch).size(), 256U << 10);
      trace += batch.trace->bytes;
    }
  }
  EXPECT_EQ(trace, meter_.trace);
  EXPECT_TRUE(Batches().back().close.has_value());
}

TEST_F(AgentCoreLeaseTest, AnEngineElsewhereHasNoEnergyHere) {
  engines_.ready.co_located = false;
  BuildAndWelcome();

  Grant(GrantOf(1, 1));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(meter_.accounts, 0);
  EXPECT_THAT(CloseOf(1)->ledger, IsEmpty());
  EXPECT_NE(Results()[0].flags & kFlagRemoteServer, 0);
}

TEST_F(AgentCoreLeaseTest, APrefixCacheIsCalledUncontrolledOnlyWhereItShouldBeOff) {
  engines_.ready.identity.prefix_cache_controlled = false;
  BuildAndWelcome();
  Grant(GrantOf(1, 1));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));
  EXPECT_NE(Results().back().flags & kFlagPrefixCacheUncontrolled, 0);

  LeaseGrant as_served = GrantOf(2, 1);
  as_served.pair.generation.cache_as_served = true;
  Grant(as_served);
  ASSERT_TRUE(ServeUntilClosed(2, minutes(1)));
  EXPECT_EQ(Results().back().flags & kFlagPrefixCacheUncontrolled, 0);
  EXPECT_THAT(Batches().back().environment.facts_json, HasSubstr(R"("cache":"as-served")"));
}

TEST_F(AgentCoreLeaseTest, ARecordingsEnergyIsImportedAndNothingIsMeasured) {
  meter_.is_measured = true;
  engines_.ready.identity.engine_kind = "replay";
  script_ = [](const auto&, int) {
    auto answer = Says("a", milliseconds(1));
    answer.reply.recorded_energy = 5'000;
    return answer;
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 2));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(meter_.accounts, 0);
  EXPECT_EQ(meter_.baselines, 0);
  EXPECT_EQ(Results()[0].energy[0].status, EnergyStatus::kImported);
  EXPECT_EQ(Batches()[0].channels[0].name, "recorded");
  ASSERT_THAT(CloseOf(1)->ledger, SizeIs(1));
  EXPECT_EQ(CloseOf(1)->ledger[0].attributed, 10'000);
  EXPECT_TRUE(CloseOf(1)->ledger[0].Balances());
}

TEST_F(AgentCoreLeaseTest, InstancesThatShareASensorTakeTurnsWhenIsolated) {
  meter_.is_measured = true;
  settings_.instances.push_back({.name = "gpu1", .accelerator = "nvidia-h200"});
  BuildAndWelcome();

  Grant(GrantOf(1, 5, "gpu0"));
  Grant(GrantOf(2, 5, "gpu1"));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(2)));

  EXPECT_EQ(backend_->most_in_flight, 1);
  EXPECT_THAT(Results(), SizeIs(10));
}

TEST_F(AgentCoreLeaseTest, InstancesWithoutASensorRunAtOnce) {
  settings_.instances.push_back({.name = "gpu1", .accelerator = "nvidia-h200"});
  BuildAndWelcome();

  Grant(GrantOf(1, 5, "gpu0"));
  Grant(GrantOf(2, 5, "gpu1"));
  Serve(seconds(3));

  EXPECT_EQ(backend_->most_in_flight, 2);
}

TEST_F(AgentCoreLeaseTest, AStopOrderEndsTheLeaseAndKeepsItsResults) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Serve(seconds(10));
  const std::size_t before = Results().size();
  ASSERT_GT(before, 5);

  link_.Deliver(LeaseOrder{.lease = {1}, .verdict = LeaseVerdict::kStop});
  ASSERT_TRUE(ServeUntilClosed(1, seconds(2)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(backend_->in_flight(), 0);
  EXPECT_LE(Results().size(), before + 1);
}

TEST_F(AgentCoreLeaseTest, ALeaseThatNobodyRenewsEndsByThisHostsClockAndReportsWhatIsFinished) {
  BuildAndWelcome();
  Grant(GrantOf(1, 1'000));
  Serve(seconds(30));

  link_.Break();
  world_.RunFor(minutes(5));
  const std::size_t sent = backend_->sent.size();
  EXPECT_GE(sent, 110);
  EXPECT_LE(sent, 151);
  AwaitHello();
  Welcome(frames_acked_);
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_THAT(CloseOf(1)->message, HasSubstr("expired"));
  EXPECT_THAT(Results(), SizeIs(sent - 1));
}

TEST_F(AgentCoreLeaseTest, AnsweredHeartbeatsKeepALeaseAliveBeyondItsFirstTerm) {
  BuildAndWelcome();
  Grant(GrantOf(1, 300));

  ASSERT_TRUE(ServeUntilClosed(1, minutes(8)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(Results(), SizeIs(300));
}

TEST_F(AgentCoreLeaseTest, AnOrderToFinishLetsTheRequestInFlightEnd) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Serve(milliseconds(3'500));

  link_.Deliver(LeaseOrder{.lease = {1}, .verdict = LeaseVerdict::kFinishAndReport});
  ASSERT_TRUE(ServeUntilClosed(1, seconds(5)));

  EXPECT_EQ(backend_->cancels, 0);
  EXPECT_EQ(Results().size(), backend_->sent.size());
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
}

TEST_F(AgentCoreLeaseTest, AWallClockThatJumpsExpiresNothing) {
  BuildAndWelcome();
  Grant(GrantOf(1, 20));
  Serve(seconds(5));

  world_.StepWallClock(std::chrono::hours(48));
  Serve(seconds(5));
  world_.StepWallClock(std::chrono::hours(-96));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
}

}  // namespace
}  // namespace wattfleet::agent
