// A result waits for what is said of other programs; nothing else does.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/drive/driver.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wattfleet::testing::Says;
using wattfleet::testing::ScriptedBackend;
using wattfleet::testing::SimWorld;

// Tells after a second, as one does who looks at the machine once a second: that others worked
// during the second query.
class SlowWatch final : public ContentionWatch {
 public:
  explicit SlowWatch(SimWorld& world) : world_(world) {}
  Stay Enter(WorkingEngine) override { return 7; }
  void Leave(Stay) override {}
  void Judge(Stay stay, MonotonicTime from, MonotonicTime to,
             std::function<void(Flags)> done) override {
    EXPECT_EQ(stay, 7);
    EXPECT_EQ(to - from, seconds(1)) << "a query's own time";
    const Flags flags = asked++ == 1 ? kFlagContended : 0;
    world_.PostAfter(seconds(1), [done = std::move(done), flags] { done(flags); });
  }
  int asked = 0;

 private:
  SimWorld& world_;
};

class DriverContentionTest : public ::testing::Test, public Driver::Receiver {
 protected:
  void OnResult(Result result) override { results_.push_back(std::move(result)); }
  void OnEngineSuspect(const std::string& why) override { ADD_FAILURE() << why; }
  void OnEnd(DriveReport) override { has_ended_ = true; }

  void Drive(Unit units) {
    driver_->Start({.backend = backend_, .account = &account_, .contention = &watch_, .stay = 7});
    std::vector<LeaseQuery> queries;
    for (Unit unit = 0; unit < units; ++unit) {
      queries.push_back({.unit = unit, .query_id = "q" + std::to_string(unit), .prompt = "?"});
    }
    driver_->Add(std::move(queries), true);
  }

  SimWorld world_;
  DriveWorld drive_{.runner = world_, .clock = world_, .random = world_.random()};
  NoEnergyAccount account_;
  SlowWatch watch_{world_};
  std::shared_ptr<ScriptedBackend> backend_ =
      std::make_shared<ScriptedBackend>(world_, world_, [](const auto&, int) { return Says("a"); });
  std::vector<Result> results_;
  bool has_ended_ = false;
  std::unique_ptr<Driver> driver_ = std::make_unique<Driver>(drive_, DriveOptions{}, *this);
};

TEST_F(DriverContentionTest, AResultWaitsAndTheNextQueryDoesNot) {
  Drive(3);
  world_.RunFor(milliseconds(2'500));
  EXPECT_THAT(backend_->sent, SizeIs(3)) << "sent at 0, 1 and 2 s";
  EXPECT_THAT(results_, SizeIs(1));

  world_.RunFor(milliseconds(1'000));
  EXPECT_FALSE(has_ended_) << "the last result is still to come";
  world_.RunFor(milliseconds(1'000));

  EXPECT_TRUE(has_ended_);
  ASSERT_THAT(results_, SizeIs(3));
  EXPECT_EQ(results_[0].flags, 0);
  EXPECT_EQ(results_[1].flags, kFlagContended);
  EXPECT_EQ(results_[2].flags, 0);
}

TEST_F(DriverContentionTest, AWordThatComesLateFindsTheDriverGone) {
  Drive(1);
  world_.RunFor(milliseconds(1'500));
  EXPECT_EQ(watch_.asked, 1);
  driver_.reset();
  world_.RunFor(seconds(60));
  EXPECT_THAT(results_, IsEmpty());
}

}  // namespace
}  // namespace wattfleet::agent
