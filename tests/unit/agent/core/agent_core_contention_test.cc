// Who is told which engine works here, and what becomes of its word.
#include <map>
#include <utility>
#include <vector>

#include "tests/unit/agent/core/agent_core_harness.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class RecordingWatch final : public ContentionWatch {
 public:
  Stay Enter(WorkingEngine engine) override {
    entered.push_back(engine);
    staying.emplace(++last_, std::move(engine));
    return last_;
  }
  void Leave(Stay stay) override { EXPECT_EQ(staying.erase(stay), 1U); }
  void Judge(Stay stay, MonotonicTime, MonotonicTime, std::function<void(Flags)> done) override {
    EXPECT_TRUE(staying.contains(stay));
    done(kFlagContended);
  }

  std::vector<WorkingEngine> entered;
  std::map<Stay, WorkingEngine> staying;

 private:
  Stay last_ = 0;
};

class AgentCoreContentionTest : public AgentCoreHarness {
 protected:
  AgentCoreContentionTest() {
    contention_ = &watch_;
    engines_.ready.process = 4711;
  }
  std::vector<Result> RunLease() {
    BuildAndWelcome();
    Grant(GrantOf(1, 3));
    EXPECT_TRUE(ServeUntilClosed(1, std::chrono::minutes(2)));
    return Results();
  }

  RecordingWatch watch_;
};

TEST_F(AgentCoreContentionTest, EachResultIsJudgedWhileItsEngineStays) {
  const std::vector<Result> results = RunLease();
  EXPECT_THAT(results, SizeIs(3));
  for (const Result& result : results) {
    EXPECT_NE(result.flags & kFlagContended, 0);
  }
  ASSERT_THAT(watch_.entered, SizeIs(1));
  EXPECT_EQ(watch_.entered[0].process, 4711);
  EXPECT_THAT(watch_.entered[0].device_ids, ::testing::ElementsAre("GPU-0"));
  EXPECT_THAT(watch_.staying, IsEmpty());
  EXPECT_THAT(Batches().front().environment.facts_json,
              HasSubstr(R"("watches_other_programs":true)"));
}

TEST_F(AgentCoreContentionTest, AnEngineThatSomebodyElseStartedStaysAsUnknown) {
  engines_.ready.process.reset();
  RunLease();
  ASSERT_THAT(watch_.entered, SizeIs(1));
  EXPECT_EQ(watch_.entered[0].process, std::nullopt);
  EXPECT_THAT(Batches().front().environment.facts_json, Not(HasSubstr("watches_other_programs")));
}

TEST_F(AgentCoreContentionTest, AnEngineElsewhereDoesNotStay) {
  engines_.ready.co_located = false;
  const std::vector<Result> results = RunLease();
  EXPECT_THAT(watch_.entered, IsEmpty());
  EXPECT_EQ(results.front().flags & kFlagContended, 0);
}

TEST_F(AgentCoreContentionTest, AnEngineThatIsReplacedLeaves) {
  script_ = [](const auto& request, int attempt) {
    return request.query_id == "q1001" && attempt == 1
               ? wattfleet::testing::Fails(Failure::kEngineDown)
               : wattfleet::testing::Says("a");
  };
  EXPECT_THAT(RunLease(), SizeIs(3));
  EXPECT_THAT(watch_.entered, SizeIs(2));
  EXPECT_THAT(watch_.staying, IsEmpty());
}

TEST_F(AgentCoreContentionTest, AnAgentThatEndsInTheMiddleLeaves) {
  BuildAndWelcome();
  Grant(GrantOf(1, 100));
  Serve(Seconds(20));
  EXPECT_THAT(watch_.staying, SizeIs(1));
  core_.reset();
  EXPECT_THAT(watch_.staying, IsEmpty());
}

}  // namespace
}  // namespace wattfleet::agent
