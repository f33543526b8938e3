// When the agent measures loaded-idle power, in virtual time over a meter that counts.
#include <chrono>
#include <string>

#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AgentCoreBaselineTest : public AgentCoreHarness {
 protected:
  AgentCoreBaselineTest() { meter_.is_measured = true; }

  void AnswerEvery(seconds span) {
    script_ = [span](const auto&, int) { return wattfleet::testing::Says("a", span); };
  }

  std::int64_t UnitsOf(std::int64_t lease) const {
    std::int64_t units = 0;
    for (const ResultBatch& batch : Batches()) {
      units += batch.lease.value == lease ? static_cast<std::int64_t>(batch.results.size()) : 0;
    }
    return units;
  }
};

TEST_F(AgentCoreBaselineTest, TheBaselineIsMeasuredBeforeTheFirstQueryAndNotForEveryLease) {
  BuildAndWelcome();

  Grant(GrantOf(1, 2));
  Serve(seconds(9));
  EXPECT_THAT(backend_->sent, IsEmpty());
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));
  Grant(GrantOf(2, 2));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(1)));
  EXPECT_EQ(meter_.baselines, 1);

  engines_.ready.identity.engine_version = "newer";
  Grant(GrantOf(3, 2));
  ASSERT_TRUE(ServeUntilClosed(3, minutes(1)));
  EXPECT_EQ(meter_.baselines, 2);
}

TEST_F(AgentCoreBaselineTest, ALeaseThatOutlivesItsBaselineHandsBackTheRestAndTheNextIsMeasured) {
  AnswerEvery(seconds(20));
  BuildAndWelcome();

  Grant(GrantOf(1, 120));
  Grant(GrantOf(2, 5));
  Serve(minutes(29));
  EXPECT_FALSE(CloseOf(1).has_value());
  ASSERT_TRUE(ServeUntilClosed(1, minutes(5)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kReleased);
  EXPECT_THAT(CloseOf(1)->message, HasSubstr("idle power"));
  EXPECT_THAT(CloseOf(1)->failures, IsEmpty());
  EXPECT_EQ(backend_->cancels, 0) << "what is in flight ends";
  EXPECT_NEAR(static_cast<double>(UnitsOf(1)), 90, 1) << "half an hour of them";
  ASSERT_TRUE(ServeUntilClosed(2, minutes(3)));
  EXPECT_EQ(meter_.baselines, 2);
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kCompleted);
}

TEST_F(AgentCoreBaselineTest, ALongChainOfServedLeasesPausesForItsIdlePower) {
  AnswerEvery(seconds(20));
  BuildAndWelcome();
  const auto served = [this](std::int64_t lease) {
    LeaseGrant grant = GrantOf(lease, 100);
    grant.pair.condition.concurrency = 4;
    return grant;
  };

  for (std::int64_t lease = 1; lease <= 5; ++lease) {
    Grant(served(lease));
    ASSERT_TRUE(ServeUntilClosed(lease, minutes(15)));
  }

  // 500 s each: the fourth is cut, the fifth begins with a baseline of its own.
  EXPECT_EQ(CloseOf(3)->outcome, LeaseOutcome::kCompleted);
  EXPECT_EQ(CloseOf(4)->outcome, LeaseOutcome::kReleased);
  EXPECT_EQ(CloseOf(5)->outcome, LeaseOutcome::kCompleted);
  EXPECT_EQ(meter_.baselines, 2);
}

TEST_F(AgentCoreBaselineTest, WithoutASensorALeaseRunsAsLongAsItTakes) {
  meter_.is_measured = false;
  AnswerEvery(seconds(20));
  BuildAndWelcome();

  Grant(GrantOf(1, 120));
  Serve(minutes(39));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(2)));

  EXPECT_EQ(CloseOf(1)->outcome, LeaseOutcome::kCompleted);
  EXPECT_EQ(meter_.baselines, 0);
}

TEST_F(AgentCoreBaselineTest, HeatThatCameOrWentMakesABaselineOldAfterTenMinutes) {
  AnswerEvery(seconds(20));
  BuildAndWelcome();

  Grant(GrantOf(1, 45));
  Serve(minutes(2));
  meter_.heat_changes = 1;
  Serve(minutes(5));
  EXPECT_FALSE(CloseOf(1).has_value()) << "not at once";
  ASSERT_TRUE(ServeUntilClosed(1, minutes(10)));
  EXPECT_NEAR(static_cast<double>(UnitsOf(1)), 30, 1);

  Grant(GrantOf(2, 45));
  ASSERT_TRUE(ServeUntilClosed(2, minutes(20)));
  EXPECT_EQ(meter_.baselines, 2);
  EXPECT_EQ(CloseOf(2)->outcome, LeaseOutcome::kCompleted) << "that heat was known then";
}

TEST_F(AgentCoreBaselineTest, TheEnvironmentSaysWhatTellsThatADeviceHasSettled) {
  BuildAndWelcome();
  Grant(GrantOf(1, 2));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));
  EXPECT_THAT(Batches().front().environment.facts_json, HasSubstr(R"("steady_by":"power")"));
}

TEST_F(AgentCoreBaselineTest, ATemperatureThatHasNotSettledIsWarmUpAndSaidOfEachResult) {
  meter_.has_temperature = true;
  meter_.is_heat_steady = false;
  settings_.warm_up = {.requests = 0, .steady = seconds(6)};
  BuildAndWelcome();
  Grant(GrantOf(1, 12));
  ASSERT_TRUE(ServeUntilClosed(1, minutes(1)));

  EXPECT_THAT(Batches().front().environment.facts_json,
              HasSubstr(R"("steady_by":"power and temperature")"));
  const std::vector<Result> results = Results();
  ASSERT_THAT(results, SizeIs(12));
  EXPECT_NE(results.front().flags & kFlagWarmup, 0U);
  EXPECT_EQ(results.back().flags & kFlagWarmup, 0U) << "it was waited for long enough";
  for (const Result& result : results) {
    EXPECT_NE(result.flags & kFlagNotSteady, 0U);
  }
}

}  // namespace
}  // namespace wattfleet::agent
