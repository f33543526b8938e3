#include "agent/drive/driver.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_energy_account.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using wattfleet::testing::Fails;
using wattfleet::testing::FakeEnergyAccount;
using wattfleet::testing::Says;
using wattfleet::testing::ScriptedBackend;
using wattfleet::testing::SimWorld;

std::vector<LeaseQuery> Queries(Unit first, Unit last) {
  std::vector<LeaseQuery> queries;
  for (Unit unit = first; unit <= last; ++unit) {
    queries.push_back({.unit = unit, .query_id = "q" + std::to_string(unit), .prompt = "?"});
  }
  return queries;
}

class DriverTest : public ::testing::Test, public Driver::Receiver {
 protected:
  void OnResult(Result result) override { results_.push_back(std::move(result)); }
  void OnEngineSuspect(const std::string& why) override {
    suspicions_.push_back(why);
    if (restart_) {
      driver_->Start({.backend = backend_, .account = account_});
    }
  }
  void OnEnd(DriveReport report) override { ends_.push_back(std::move(report)); }

  void Build(int concurrency, ScriptedBackend::Script script) {
    options_.condition.concurrency = concurrency;
    backend_ = std::make_shared<ScriptedBackend>(world_, world_, std::move(script));
    driver_ = std::make_unique<Driver>(drive_, options_, *this);
    driver_->Start({.backend = backend_, .account = account_});
  }
  void RunToEnd() {
    ASSERT_TRUE(world_.RunUntil([this] { return !ends_.empty(); }, std::chrono::hours(24)));
    world_.RunFor(minutes(10));
    ASSERT_EQ(ends_.size(), 1);
  }
  std::vector<Unit> Units() const {
    std::vector<Unit> units;
    for (const Result& result : results_) {
      units.push_back(result.unit);
    }
    return units;
  }

  SimWorld world_;
  DriveWorld drive_{.runner = world_, .clock = world_, .random = world_.random()};
  NoEnergyAccount no_energy_;
  FakeEnergyAccount energy_{world_, milliseconds(300)};
  EnergyAccount* account_ = &no_energy_;
  DriveOptions options_;
  std::shared_ptr<ScriptedBackend> backend_;
  std::vector<Result> results_;
  std::vector<std::string> suspicions_;
  std::vector<DriveReport> ends_;
  bool restart_ = true;
  std::unique_ptr<Driver> driver_;
};

TEST_F(DriverTest, IsolatedKeepsOneRequestInFlightAndTheOrder) {
  Build(0, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 4), true);

  RunToEnd();

  EXPECT_EQ(backend_->most_in_flight, 1);
  EXPECT_THAT(Units(), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(ends_[0].end, DriveEnd::kFinished);
  EXPECT_THAT(ends_[0].failures, IsEmpty());
  for (const Result& result : results_) {
    EXPECT_EQ(result.in_flight_mean, 1);
    EXPECT_EQ(result.duration_ns, 1'000'000'000);
    EXPECT_EQ(result.flags, 0);
  }
}

TEST_F(DriverTest, ServedKeepsExactlyCInFlightUntilTheTail) {
  Build(4, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 39), true);

  RunToEnd();

  EXPECT_EQ(backend_->most_in_flight, 4);
  EXPECT_EQ(results_.size(), 40);
  for (const Result& result : results_) {
    EXPECT_DOUBLE_EQ(*result.in_flight_mean, 4);
    EXPECT_EQ(result.flags & kFlagUnderfilled, 0);
  }
}

TEST_F(DriverTest, TheTailOfAServedLeaseIsUnderfilled) {
  Build(4, [](const auto& request, int) {
    return Says("a", request.query_id == "q4" ? seconds(10) : seconds(1));
  });
  driver_->Add(Queries(0, 4), true);

  RunToEnd();

  const Result& last = results_.back();
  EXPECT_EQ(last.unit, 4);
  EXPECT_DOUBLE_EQ(*last.in_flight_mean, 1);
  EXPECT_NE(last.flags & kFlagUnderfilled, 0);
}

TEST_F(DriverTest, StartsWithTheFirstChunkAndWaitsForTheLast) {
  Build(0, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 1), false);
  world_.RunFor(minutes(1));
  EXPECT_EQ(results_.size(), 2);
  EXPECT_THAT(ends_, IsEmpty());

  driver_->Add(Queries(2, 2), true);
  RunToEnd();

  EXPECT_THAT(Units(), ElementsAre(0, 1, 2));
}

TEST_F(DriverTest, ALeaseWithoutQueriesEndsAtOnce) {
  Build(0, [](const auto&, int) { return Says("a"); });
  driver_->Add({}, true);

  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kFinished);
}

TEST_F(DriverTest, AnswersWithinSendNeitherRecurseNorStarveTheRunner) {
  Build(0, [](const auto&, int) { return Says("a", nanoseconds(0)); });
  driver_->Add(Queries(0, 99'999), true);
  std::size_t seen_by_another_task = 0;
  world_.Post([&] { world_.Post([&] { seen_by_another_task = results_.size(); }); });

  RunToEnd();

  EXPECT_EQ(results_.size(), 100'000);
  EXPECT_GT(seen_by_another_task, 0);
  EXPECT_LE(seen_by_another_task, 512);
}

TEST_F(DriverTest, EnergyIsWaitedForByTheResultAndNotByTheNextQuery) {
  account_ = &energy_;
  Build(0, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 2), true);
  const MonotonicTime start = world_.MonotonicNow();

  ASSERT_TRUE(world_.RunUntil([this] { return backend_->sent.size() == 3; }, minutes(1)));
  EXPECT_EQ(world_.MonotonicNow() - start, seconds(2));
  RunToEnd();

  EXPECT_EQ(results_.size(), 3);
  ASSERT_EQ(results_[0].energy.size(), 1);
  EXPECT_EQ(results_[0].energy[0].gross, FakeEnergyAccount::kPerRequest);
  for (const auto& [request, open] : energy_.open) {
    EXPECT_EQ(open, 0) << request;
  }
}

TEST_F(DriverTest, TheAccountLearnsWhenTheFirstTokenCame) {
  account_ = &energy_;
  Build(0, [](const auto& request, int) {
    ScriptedBackend::Answer answer = Says("a");
    if (request.query_id == "q1") {
      answer.reply.ttft_ns = 300'000'000;
    }
    return answer;
  });
  driver_->Add(Queries(0, 1), true);
  const MonotonicTime start = world_.MonotonicNow();

  RunToEnd();

  ASSERT_EQ(energy_.first_tokens.size(), 1U);
  EXPECT_EQ(energy_.first_tokens.begin()->second - start, seconds(1) + milliseconds(300));
}

TEST_F(DriverTest, ATransientErrorIsTriedAgainAfterAPauseAndItsEnergyIsUncounted) {
  account_ = &energy_;
  Build(0, [](const auto& request, int attempt) {
    return request.query_id == "q0" && attempt == 1 ? Fails(Failure::kServer) : Says("a");
  });
  driver_->Add(Queries(0, 1), true);
  const MonotonicTime start = world_.MonotonicNow();

  RunToEnd();

  EXPECT_THAT(backend_->sent, ElementsAre("q0", "q1", "q0"));
  EXPECT_THAT(Units(), ElementsAre(1, 0));
  EXPECT_EQ(results_[0].flags & kFlagRetried, 0);
  EXPECT_NE(results_[1].flags & kFlagRetried, 0);
  EXPECT_GE(world_.MonotonicNow() - start, milliseconds(3'800));
  EXPECT_EQ(energy_.ledger.uncounted, FakeEnergyAccount::kPerRequest);
  EXPECT_EQ(energy_.ledger.attributed, 2 * FakeEnergyAccount::kPerRequest);
}

TEST_F(DriverTest, AUnitThatUsesUpItsTriesIsAFailureAndTheOthersFinish) {
  Build(0, [](const auto& request, int) {
    return request.query_id == "q1" ? Fails(Failure::kServer) : Says("a");
  });
  driver_->Add(Queries(0, 9), true);

  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kFinished);
  EXPECT_EQ(results_.size(), 9);
  ASSERT_EQ(ends_[0].failures.size(), 1);
  EXPECT_EQ(ends_[0].failures[0].unit, 1);
  EXPECT_EQ(ends_[0].failures[0].failure, Failure::kServer);
  EXPECT_THAT(ends_[0].failures[0].message, HasSubstr("engine error: scripted"));
  EXPECT_EQ(driver_->units_done(), 10);
}

TEST_F(DriverTest, AnEngineThatAnswersNothingEndsTheLeaseAndBlamesNoUnit) {
  Build(0, [](const auto&, int) { return Fails(Failure::kProtocol); });
  driver_->Add(Queries(0, 99), true);

  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kEngineFailed);
  EXPECT_THAT(ends_[0].failures, IsEmpty());
  EXPECT_THAT(ends_[0].message, HasSubstr("makes no sense"));
  EXPECT_LE(backend_->sent.size(), 5);
  EXPECT_EQ(driver_->units_done(), 0);
}

TEST_F(DriverTest, ALoneUnitThatAlwaysFailsIsToBlameItself) {
  Build(0, [](const auto&, int) { return Fails(Failure::kServer); });
  driver_->Add(Queries(7, 7), true);

  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kFinished);
  EXPECT_THAT(ends_[0].failures, ElementsAre(Field(&UnitFailure::unit, 7)));
  EXPECT_EQ(backend_->sent.size(), 3);
}

TEST_F(DriverTest, ADeadEngineIsLookedAfterBeforeTheNextRequest) {
  restart_ = false;
  Build(4, [](const auto& request, int attempt) {
    return request.query_id == "q2" && attempt == 1 ? Fails(Failure::kConnection) : Says("a");
  });
  driver_->Add(Queries(0, 9), true);

  ASSERT_TRUE(world_.RunUntil([this] { return !suspicions_.empty(); }, minutes(1)));
  const std::size_t sent = backend_->sent.size();
  EXPECT_EQ(backend_->in_flight(), 0);
  world_.RunFor(minutes(5));
  EXPECT_EQ(backend_->sent.size(), sent);
  driver_->Start({.backend = backend_, .account = account_});
  RunToEnd();

  EXPECT_EQ(suspicions_.size(), 1);
  EXPECT_EQ(ends_[0].end, DriveEnd::kFinished);
  EXPECT_THAT(Units(), UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(DriverTest, AUnitThatKillsTheEngineEachTimeIsNamed) {
  Build(0, [](const auto& request, int) {
    return request.query_id == "q3" ? Fails(Failure::kEngineDown) : Says("a");
  });
  driver_->Add(Queries(0, 7), true);

  RunToEnd();

  EXPECT_EQ(suspicions_.size(), 3);
  EXPECT_EQ(results_.size(), 7);
  EXPECT_THAT(ends_[0].failures, ElementsAre(Field(&UnitFailure::unit, 3)));
}

TEST_F(DriverTest, AbandoningASuspectEngineBlamesNoUnit) {
  restart_ = false;
  options_.tries = 1;
  Build(0, [](const auto&, int) { return Fails(Failure::kEngineDown); });
  driver_->Add(Queries(0, 7), true);
  ASSERT_TRUE(world_.RunUntil([this] { return !suspicions_.empty(); }, minutes(1)));

  driver_->Abandon("did not come up");
  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kEngineFailed);
  EXPECT_EQ(ends_[0].message, "did not come up");
  EXPECT_THAT(ends_[0].failures, IsEmpty());
}

TEST_F(DriverTest, ATimeOutWithTokensIsAResult) {
  Build(0, [](const auto&, int) {
    auto answer = Fails(Failure::kTimedOut);
    answer.reply.ttft_ns = 5;
    return answer;
  });
  driver_->Add(Queries(0, 0), true);

  RunToEnd();

  ASSERT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].status, ResultStatus::kTimeout);
  EXPECT_EQ(results_[0].finish, Finish::kTimeout);
  EXPECT_THAT(suspicions_, IsEmpty());
}

TEST_F(DriverTest, ATimeOutWithoutATokenIsBelievedOnceTheEngineWasChecked) {
  Build(0, [](const auto& request, int) {
    return request.query_id == "q0" ? Fails(Failure::kTimedOut) : Says("a");
  });
  driver_->Add(Queries(0, 1), true);

  RunToEnd();

  EXPECT_EQ(suspicions_.size(), 1);
  EXPECT_THAT(Units(), ElementsAre(1, 0));
  EXPECT_EQ(results_[1].status, ResultStatus::kTimeout);
}

TEST_F(DriverTest, PermanentFailuresAreResultsAndNeverRetried) {
  Build(0, [](const auto&, int) { return Fails(Failure::kNoRecording); });
  driver_->Add(Queries(0, 9), true);

  RunToEnd();

  EXPECT_EQ(backend_->sent.size(), 10);
  ASSERT_EQ(results_.size(), 10);
  EXPECT_EQ(results_[0].status, ResultStatus::kFailed);
  EXPECT_EQ(results_[0].failure, Failure::kNoRecording);
}

TEST_F(DriverTest, RetryAfterIsHonouredAndChargesNobody) {
  Build(2, [](const auto&, int attempt) {
    if (attempt <= 4) {
      auto answer = Fails(Failure::kRateLimited);
      answer.reply.retry_after = seconds(20);
      return answer;
    }
    return Says("a");
  });
  driver_->Add(Queries(0, 0), true);
  const MonotonicTime start = world_.MonotonicNow();

  RunToEnd();

  EXPECT_EQ(results_.size(), 1);
  EXPECT_EQ(results_[0].flags & kFlagRetried, 0);
  EXPECT_GE(world_.MonotonicNow() - start, seconds(80));
  EXPECT_THAT(ends_[0].failures, IsEmpty());
}

TEST_F(DriverTest, ARateLimitWithoutEndIsTheEnginesFault) {
  Build(0, [](const auto&, int) {
    auto answer = Fails(Failure::kRateLimited);
    answer.reply.retry_after = std::chrono::hours(5);
    return answer;
  });
  driver_->Add(Queries(0, 5), true);
  const MonotonicTime start = world_.MonotonicNow();

  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kEngineFailed);
  EXPECT_LE(world_.MonotonicNow() - start, minutes(60));
}

TEST_F(DriverTest, QuotaAndAuthenticationBlock) {
  for (const Failure failure : {Failure::kQuota, Failure::kAuthentication}) {
    ends_.clear();
    Build(2, [failure](const auto& request, int) {
      return request.query_id == "q1" ? Fails(failure) : Says("a", seconds(3));
    });
    driver_->Add(Queries(0, 9), true);

    RunToEnd();

    EXPECT_EQ(ends_[0].end, DriveEnd::kBlocked);
    EXPECT_EQ(backend_->sent.size(), 2);
    EXPECT_THAT(ends_[0].failures, IsEmpty());
  }
  EXPECT_THAT(Units(), ElementsAre(0, 0));
}

TEST_F(DriverTest, FinishLetsWhatIsInFlightEnd) {
  Build(3, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 9), true);
  world_.RunFor(milliseconds(500));

  driver_->Finish();
  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kStopped);
  EXPECT_EQ(results_.size(), 3);
  EXPECT_EQ(backend_->cancels, 0);
}

TEST_F(DriverTest, StopCancelsWhatIsInFlightAndBooksItAsUncounted) {
  account_ = &energy_;
  Build(3, [](const auto&, int) { return Says("a", minutes(60)); });
  driver_->Add(Queries(0, 9), true);
  world_.RunFor(seconds(1));

  driver_->Stop();
  ASSERT_TRUE(world_.RunUntil([this] { return !ends_.empty(); }, seconds(2)));

  EXPECT_EQ(ends_[0].end, DriveEnd::kStopped);
  EXPECT_THAT(results_, IsEmpty());
  EXPECT_EQ(energy_.ledger.uncounted, 3 * FakeEnergyAccount::kPerRequest);
}

TEST_F(DriverTest, StoppingBeforeAnEngineIsReadyEnds) {
  driver_ = std::make_unique<Driver>(drive_, options_, *this);
  driver_->Add(Queries(0, 9), false);

  driver_->Stop();
  RunToEnd();

  EXPECT_EQ(ends_[0].end, DriveEnd::kStopped);
}

TEST_F(DriverTest, WhileHeldNothingIsSent) {
  Build(0, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 9), true);
  world_.RunFor(milliseconds(1'500));

  driver_->Hold(true);
  world_.RunFor(minutes(10));
  EXPECT_EQ(results_.size(), 2);
  driver_->Hold(false);
  RunToEnd();

  EXPECT_EQ(results_.size(), 10);
}

TEST_F(DriverTest, RecordedEnergyIsImportedOnAChannelOfItsOwn) {
  account_ = &energy_;
  Build(0, [](const auto&, int) {
    auto answer = Says("a");
    answer.reply.recorded_energy = 7;
    return answer;
  });
  driver_->Add(Queries(0, 1), true);

  RunToEnd();

  ASSERT_EQ(results_[0].energy.size(), 2);
  EXPECT_EQ(results_[0].energy[1].channel, 1);
  EXPECT_EQ(results_[0].energy[1].status, EnergyStatus::kImported);
  EXPECT_EQ(results_[0].energy[1].gross, 7);
  EXPECT_EQ(driver_->recorded_total(), 14);
}

TEST_F(DriverTest, RepliesThatComeAfterItIsGoneAreDropped) {
  account_ = &energy_;
  Build(2, [](const auto&, int) { return Says("a"); });
  driver_->Add(Queries(0, 9), true);
  world_.RunFor(milliseconds(1'100));

  driver_.reset();
  world_.RunFor(minutes(1));

  EXPECT_THAT(results_, IsEmpty());
}

}  // namespace
}  // namespace wattfleet::agent
