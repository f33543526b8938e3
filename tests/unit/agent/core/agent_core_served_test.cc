// Served pairs across the borders of their leases, and what sensors ask of isolated ones.
#include <algorithm>
#include <map>
#include <vector>

#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wattfleet::testing::Fails;
using wattfleet::testing::FakeEnergyAccount;
using wattfleet::testing::Says;

class AgentCoreServedTest : public AgentCoreHarness {
 protected:
  LeaseGrant ServedGrant(std::int64_t lease, std::int64_t units, std::int32_t concurrency = 4) {
    LeaseGrant grant = GrantOf(lease, units);
    grant.pair.condition.concurrency = concurrency;
    return grant;
  }
  static bool IsWarmUp(const InferenceRequest& request) {
    return request.query_id.starts_with("warm-up");
  }
  std::vector<Result> ResultsOf(std::int64_t lease) const {
    std::vector<Result> results;
    for (const ResultBatch& batch : Batches()) {
      if (batch.lease.value == lease) {
        results.insert(results.end(), batch.results.begin(), batch.results.end());
      }
    }
    return results;
  }
};

TEST_F(AgentCoreServedTest, AsksForRoomAndFillsItOnceTheEngineHasShownThatItOverlaps) {
  BuildAndWelcome();

  Grant(ServedGrant(1, 12));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_THAT(engines_.concurrencies, ElementsAre(4));
  EXPECT_EQ(backend_->most_in_flight, 4);
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(Results(), SizeIs(12));
  const auto warm_ups = std::ranges::count_if(
      backend_->sent, [](const std::string& id) { return id.starts_with("warm-up"); });
  EXPECT_EQ(warm_ups, 4);
}

TEST_F(AgentCoreServedTest, TheNextLeaseFillsTheSlotsThatTheTailOfTheFirstLeavesFree) {
  script_ = [](const auto& request, int) {
    return Says("a", request.query_id == "q1009" ? seconds(20) : seconds(2));
  };
  BuildAndWelcome();

  Grant(ServedGrant(1, 10));
  Grant(ServedGrant(2, 30));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(2)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(ResultsOf(1), SizeIs(10));
  EXPECT_THAT(ResultsOf(2), SizeIs(30));
  EXPECT_EQ(backend_->most_in_flight, 4);
  EXPECT_THAT(engines_.acquired, SizeIs(1));
  // Only the last three of the whole chain run with fewer beside them.
  std::size_t underfilled = 0;
  for (const Result& result : Results()) {
    underfilled += (result.flags & kFlagUnderfilled) != 0 ? 1 : 0;
    EXPECT_LE(*result.in_flight_mean, 4.0);
  }
  EXPECT_LE(underfilled, 3U);
}

TEST_F(AgentCoreServedTest, EachResultAndItsEnergyAreBookedToTheirOwnLease) {
  meter_.is_measured = true;
  script_ = [](const auto& request, int attempt) {
    return request.query_id == "q2003" && attempt == 1 ? Fails(Failure::kServer) : Says("a");
  };
  BuildAndWelcome();

  Grant(ServedGrant(1, 10));
  Grant(ServedGrant(2, 10));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(2)));

  EXPECT_EQ(meter_.baselines, 1);
  for (const std::int64_t lease : {1, 2}) {
    ASSERT_THAT(CloseOf(lease)->ledger, SizeIs(1));
    const LedgerEntry ledger = CloseOf(lease)->ledger[0];
    EXPECT_TRUE(ledger.Balances());
    EXPECT_EQ(ledger.attributed, 10 * FakeEnergyAccount::kPerRequest);
    for (const Result& result : ResultsOf(lease)) {
      EXPECT_EQ(result.unit / 1'000, lease);
    }
  }
  // The warm-up is the first lease's, the failed try the second's.
  EXPECT_EQ(CloseOf(1)->ledger[0].uncounted, 4 * FakeEnergyAccount::kPerRequest);
  EXPECT_EQ(CloseOf(2)->ledger[0].uncounted, FakeEnergyAccount::kPerRequest);
}

TEST_F(AgentCoreServedTest, ALeaseInItsTailDoesNotKeepAnotherFromBeingFetched) {
  script_ = [](const auto& request, int) {
    return Says("a", request.query_id == "q1000" ? seconds(60) : seconds(1));
  };
  BuildAndWelcome();
  Grant(ServedGrant(1, 8));
  Grant(ServedGrant(2, 8));
  Serve(milliseconds(500));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(2));

  Serve(seconds(6));
  EXPECT_THAT(link_.Sent<WorkRequest>(), SizeIs(3));
  Grant(ServedGrant(3, 8));
  ASSERT_TRUE(ServeUntilClosed(3, seconds(30)));

  EXPECT_TRUE(CloseOf(2).has_value());
  EXPECT_FALSE(CloseOf(1).has_value());
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));
  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
}

TEST_F(AgentCoreServedTest, LeasesOfAnotherPairOrThatAgentsDiedOnStayApart) {
  BuildAndWelcome();
  Grant(ServedGrant(1, 5));
  LeaseGrant other = ServedGrant(2, 5);
  other.pair.id = {4};
  Grant(other);
  ASSERT_TRUE(ServeUntilClosed(2, minutes(1)));
  EXPECT_THAT(engines_.acquired, SizeIs(2));

  LeaseGrant alone = ServedGrant(3, 5);
  alone.pair.id = {4};
  alone.alone = true;
  Grant(alone);
  LeaseGrant next = ServedGrant(4, 5);
  next.pair.id = {4};
  Grant(next);
  ASSERT_TRUE(ServeUntilClosed(4, minutes(1)));

  EXPECT_THAT(engines_.acquired, SizeIs(4));
  EXPECT_THAT(Results(), SizeIs(20));
}

TEST_F(AgentCoreServedTest, AnEngineThatQueuesGetsNoUnitOfAServedPair) {
  int number = 0;
  script_ = [&number](const auto&, int) {
    auto answer = Says("a", seconds(1 + number++ % 4));
    answer.reply.body.chunks = {{.since_sent_ns = (answer.after - seconds(1)).count() + 1},
                                {.since_sent_ns = answer.after.count()}};
    return answer;
  };
  BuildAndWelcome();

  Grant(ServedGrant(1, 12));
  Grant(ServedGrant(2, 12));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kNotConcurrent);
  ASSERT_TRUE(CloseOf(2).has_value()) << "it would find the same";
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kNotConcurrent);
  EXPECT_THAT(backend_->sent, SizeIs(3 * 4));
  Grant(ServedGrant(3, 12));  // was on its way
  ASSERT_TRUE(ServeUntilClosed(3, seconds(2)));
  EXPECT_EQ(CloseOf(3)->outcome, LeaseOutcome::kNotConcurrent);
  EXPECT_THAT(backend_->sent, SizeIs(3 * 4));
  EXPECT_EQ(CloseOf(1)->message,
            "scripted on gpu0: NOT_CONCURRENT: of 4 requests sent together at most 1 were answered "
            "at a time");
  EXPECT_THAT(Results(), IsEmpty());
  EXPECT_TRUE(std::ranges::all_of(backend_->sent,
                                  [](const std::string& id) { return id.starts_with("warm-up"); }));
  Serve(seconds(6));
  EXPECT_THAT(link_.Sent<Heartbeat>().back().health, HasSubstr("NOT_CONCURRENT"));
  Serve(kRefusalAge);
  Grant(ServedGrant(4, 12));  // somebody resumed the sweep
  ASSERT_TRUE(ServeUntilClosed(4, minutes(1)));
  EXPECT_THAT(backend_->sent, SizeIs(2 * 3 * 4));
}

TEST_F(AgentCoreServedTest, AnEngineThatBreaksDuringTheWarmUpIsTriedAgain) {
  int failures = 4;
  script_ = [&failures](const auto&, int) {
    return failures-- > 0 ? Fails(Failure::kServer) : Says("a");
  };
  BuildAndWelcome();

  Grant(ServedGrant(1, 12));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(engines_.acquired, SizeIs(2));
  EXPECT_THAT(CloseOf(1)->failures, IsEmpty());
}

TEST_F(AgentCoreServedTest, AStopDuringTheWarmUpEndsIt) {
  script_ = [](const auto&, int) { return Says("a", minutes(10)); };
  BuildAndWelcome();
  Grant(ServedGrant(1, 12));
  Serve(seconds(1));
  EXPECT_EQ(backend_->in_flight(), 4);

  link_.Deliver(LeaseOrder{.lease = {1}, .verdict = LeaseVerdict::kStop});
  ASSERT_TRUE(ServeUntilClosed(1, seconds(5)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(backend_->in_flight(), 0);
}

TEST_F(AgentCoreServedTest, AnEngineThatDiesUnderTwoLeasesIsMendedOnceAndBothFinish) {
  script_ = [](const auto& request, int attempt) {
    if (request.query_id == "q1007") {
      return Says("a", seconds(6));
    }
    return request.query_id == "q2004" && attempt == 1 ? Fails(Failure::kEngineDown) : Says("a");
  };
  BuildAndWelcome();

  Grant(ServedGrant(1, 8));
  Grant(ServedGrant(2, 12));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(3)));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(3)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(ResultsOf(1), SizeIs(8));
  EXPECT_THAT(ResultsOf(2), SizeIs(12));
  EXPECT_THAT(engines_.distrusted, ElementsAre("gpu0"));
  EXPECT_THAT(engines_.acquired, SizeIs(2));
}

TEST_F(AgentCoreServedTest, StoppingTheFirstOfTwoLeasesLeavesTheOtherToFinish) {
  script_ = [](const auto& request, int) {
    return Says("a", request.query_id == "q1007" ? minutes(9) : minutes(0) + seconds(1));
  };
  BuildAndWelcome();
  Grant(ServedGrant(1, 8));
  Grant(ServedGrant(2, 40));
  Serve(seconds(6));
  ASSERT_THAT(ResultsOf(2), Not(IsEmpty()));

  link_.Deliver(LeaseOrder{.lease = {1}, .verdict = LeaseVerdict::kStop});
  ASSERT_TRUE(ServeUntilClosed(2, minutes(2)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kCompleted);
  EXPECT_THAT(ResultsOf(1), SizeIs(7));
  EXPECT_THAT(ResultsOf(2), SizeIs(40));
}

TEST_F(AgentCoreServedTest, IsolatedAndServedLeasesThatShareASensorTakeTurnsInTheirOrder) {
  meter_.is_measured = true;
  settings_.instances.push_back({.name = "gpu1", .accelerator = "nvidia-h200"});
  BuildAndWelcome();

  Grant(ServedGrant(1, 12));
  Grant(ServedGrant(2, 12));
  Grant(GrantOf(3, 3, "gpu1"));
  Grant(ServedGrant(4, 12));
  ASSERT_TRUE(ServeUntilClosed(4, minutes(5)));

  // Who waits for quiet is not passed by: not by the lease that would follow the ones before it.
  std::map<char, std::size_t> last;
  for (std::size_t i = 0; i < backend_->sent.size(); ++i) {
    last[backend_->sent[i][1]] = i;
  }
  EXPECT_LT(last['2'], last['3']);
  EXPECT_LT(last['3'], last['4']);
  for (const Result& result : ResultsOf(3)) {
    EXPECT_EQ(result.in_flight_mean, 1);
  }
  EXPECT_THAT(Results(), SizeIs(39));
}

TEST_F(AgentCoreServedTest, ShortIsolatedQueriesWaitForTwoUpdatesOfTheSlowestSensor) {
  meter_.is_measured = true;
  script_ = [](const auto& request, int) {
    return Says("a", request.query_id == "q1002" ? seconds(6) : seconds(1));
  };
  std::vector<MonotonicTime> starts;
  const auto script = script_;
  script_ = [&, script](const auto& request, int attempt) {
    starts.push_back(world_.MonotonicNow());
    return script(request, attempt);
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 5));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  ASSERT_THAT(starts, SizeIs(5));
  EXPECT_EQ(starts[1] - starts[0], milliseconds(1'200));
  EXPECT_EQ(starts[2] - starts[1], milliseconds(1'200));
  EXPECT_EQ(starts[3] - starts[2], seconds(6));  // long enough without
  EXPECT_EQ(starts[4] - starts[3], milliseconds(1'200));
  EXPECT_THAT(Batches()[0].environment.facts_json, HasSubstr("\"query_guard_ms\":200"));
}

TEST_F(AgentCoreServedTest, TheGuardHoldsAcrossLeasesAndMayBeSetOrLeftOut) {
  meter_.is_measured = true;
  std::vector<MonotonicTime> starts;
  script_ = [&](const auto&, int) {
    starts.push_back(world_.MonotonicNow());
    return Says("a");
  };
  settings_.guard.pause = seconds(3);
  BuildAndWelcome();
  Grant(GrantOf(1, 1));
  Grant(GrantOf(2, 1));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(2)));
  EXPECT_EQ(starts[1] - starts[0], seconds(4));
}

TEST_F(AgentCoreServedTest, NobodyWaitsForASensorThatIsNotThere) {
  std::vector<MonotonicTime> starts;
  script_ = [&](const auto&, int) {
    starts.push_back(world_.MonotonicNow());
    return Says("a");
  };
  settings_.guard.pause = seconds(3);
  BuildAndWelcome();

  Grant(GrantOf(1, 2));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  EXPECT_EQ(starts[1] - starts[0], seconds(1));
  EXPECT_THAT(Batches()[0].environment.facts_json, Not(HasSubstr("query_guard")));
}

TEST_F(AgentCoreServedTest, OnlySensorsThatCanTellQueriesApartAreWaitedFor) {
  meter_.is_measured = true;
  meter_.update_periods = {milliseconds(10), milliseconds(500), seconds(60)};
  std::vector<MonotonicTime> starts;
  script_ = [&](const auto&, int) {
    starts.push_back(world_.MonotonicNow());
    return Says("a");
  };
  BuildAndWelcome();

  Grant(GrantOf(1, 2));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  EXPECT_EQ(starts[1] - starts[0], seconds(2));
}

}  // namespace
}  // namespace wattfleet::agent
