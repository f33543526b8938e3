#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/contention/host_use.h"
#include "agent/contention/sampled_contention_watch.h"
#include "tests/support/sim_world.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

constexpr int kEngine = 42;
constexpr std::uint64_t kCores = 4;

// A machine of four cores on which the engine and others use so many of them.
class ScriptedUse final : public MachineUse {
 public:
  explicit ScriptedUse(const Clock& clock) : clock_(clock) {}

  MachineLook Look(const std::set<int>& engines, bool with_devices) override {
    Advance();
    ++looks;
    looked_at = engines;
    MachineLook look{.own_ticks = own_};
    if (tells) {
      look.processors = ProcessorTicks{.programs = own_ + others_, .all = all_};
    }
    if (with_devices) {
      ++device_looks;
      look.shared_devices = shared_devices;
    }
    return look;
  }
  // From now on, of all cores together, in per cent of one.
  void Set(std::uint64_t own_percent, std::uint64_t others_percent) {
    Advance();
    own_percent_ = own_percent;
    others_percent_ = others_percent;
  }
  void LoseOwn(std::uint64_t ticks) { own_ -= ticks; }

  bool tells = true;
  std::set<std::string> shared_devices;
  std::set<int> looked_at;
  int looks = 0;
  int device_looks = 0;

 private:
  // 100 ticks a second and core.
  void Advance() {
    const auto ms = static_cast<std::uint64_t>((clock_.MonotonicNow() - at_) / milliseconds(1));
    at_ = clock_.MonotonicNow();
    all_ += kCores * ms / 10;
    own_ += own_percent_ * ms / 1000;
    others_ += others_percent_ * ms / 1000;
  }

  const Clock& clock_;
  MonotonicTime at_{};
  std::uint64_t all_ = 1'000'000;
  std::uint64_t own_ = 5'000;
  std::uint64_t others_ = 500'000;
  std::uint64_t own_percent_ = 0;
  std::uint64_t others_percent_ = 0;
};

class ContentionWatchTest : public ::testing::Test {
 protected:
  ContentionWatchTest() { use_.Set(0, 0); }

  // What is said of the time from `from` on until now.
  std::optional<Flags> JudgeFrom(ContentionWatch::Stay stay, MonotonicTime from) {
    std::optional<Flags> verdict;
    watch_.Judge(stay, from, world_.MonotonicNow(), [&](Flags flags) {
      EXPECT_EQ(verdict, std::nullopt) << "told twice";
      verdict = flags;
    });
    world_.RunFor(seconds(2));
    return verdict;
  }
  // A query of that length, with so much of others' work meanwhile.
  std::optional<Flags> Query(ContentionWatch::Stay stay, std::uint64_t own, std::uint64_t others,
                             std::chrono::nanoseconds span = seconds(10)) {
    use_.Set(own, others);
    const MonotonicTime from = world_.MonotonicNow();
    world_.RunFor(span);
    return JudgeFrom(stay, from);
  }

  testing::SimWorld world_;
  ScriptedUse use_{world_};
  SampledContentionWatch watch_{use_, world_, world_, world_};
  const WorkingEngine known_{.process = kEngine, .device_ids = {"GPU-a"}};
};

TEST_F(ContentionWatchTest, TheEnginesOwnWorkIsNotThatOfOthers) {
  const auto stay = watch_.Enter(known_);
  EXPECT_EQ(Query(stay, 400, 0), Flags{0});
  EXPECT_THAT(use_.looked_at, ElementsAre(kEngine));
}

TEST_F(ContentionWatchTest, OthersMayUseATenthOfTheHost) {
  const auto stay = watch_.Enter(known_);
  EXPECT_EQ(Query(stay, 300, 38), Flags{0});
  EXPECT_EQ(Query(stay, 300, 44), kFlagContended);
}

TEST_F(ContentionWatchTest, TheMeanOverTheQueryDecides) {
  const auto stay = watch_.Enter(known_);
  world_.RunFor(seconds(3));
  const MonotonicTime from = world_.MonotonicNow();
  use_.Set(0, 200);
  world_.RunFor(seconds(2));
  use_.Set(0, 0);
  world_.RunFor(seconds(8));  // a fifth of the query at half of the host: exactly a tenth
  EXPECT_EQ(JudgeFrom(stay, from), Flags{0});
  EXPECT_EQ(JudgeFrom(stay, from), Flags{0}) << "what came later does not matter";
  const MonotonicTime second = world_.MonotonicNow();
  use_.Set(0, 200);
  world_.RunFor(seconds(4));
  use_.Set(0, 0);
  world_.RunFor(seconds(8));
  EXPECT_EQ(JudgeFrom(stay, second), kFlagContended);
}

TEST_F(ContentionWatchTest, ShortQueriesAreJudgedByTheirSecond) {
  const auto stay = watch_.Enter(known_);
  world_.RunFor(seconds(3));
  EXPECT_EQ(Query(stay, 100, 200, milliseconds(50)), kFlagContended);
  use_.Set(100, 0);
  world_.RunFor(seconds(2));
  EXPECT_EQ(Query(stay, 100, 0, milliseconds(50)), Flags{0});
}

TEST_F(ContentionWatchTest, AVerdictWaitsForTheLookBehindTheQueryAndNoLonger) {
  const auto stay = watch_.Enter(known_);
  world_.RunFor(milliseconds(3'500));
  bool is_told = false;
  watch_.Judge(stay, world_.MonotonicNow() - seconds(1), world_.MonotonicNow(),
               [&](Flags) { is_told = true; });
  EXPECT_FALSE(is_told);
  world_.RunFor(milliseconds(500));
  EXPECT_TRUE(is_told);
}

TEST_F(ContentionWatchTest, WhereTheEnginesProcessesAreUnknownNothingIsTold) {
  const auto stay = watch_.Enter({.process = std::nullopt, .device_ids = {}});
  use_.Set(0, 400);
  world_.RunFor(seconds(10));
  EXPECT_EQ(JudgeFrom(stay, world_.MonotonicNow() - seconds(10)), Flags{0});
}

// Its work would seem that of others, also where it stayed only a moment.
TEST_F(ContentionWatchTest, BesideAnEngineOfUnknownProcessesNothingIsTold) {
  const auto stay = watch_.Enter(known_);
  world_.RunFor(milliseconds(1'100));
  const MonotonicTime from = world_.MonotonicNow();
  for (int i = 0; i < 8; ++i) {
    watch_.Leave(watch_.Enter({.process = std::nullopt, .device_ids = {}}));
    use_.Set(0, 400);
    world_.RunFor(seconds(1));
  }
  EXPECT_EQ(JudgeFrom(stay, from), Flags{0});
  EXPECT_EQ(Query(stay, 0, 400), kFlagContended) << "once it has gone";
}

TEST_F(ContentionWatchTest, AProcessThatLeftWithItsTimeTellsNothing) {
  const auto stay = watch_.Enter(known_);
  world_.RunFor(seconds(2));
  const MonotonicTime from = world_.MonotonicNow();
  use_.Set(400, 0);
  world_.RunFor(milliseconds(500));
  use_.LoseOwn(4'000);  // all of which the engine's orphan had used
  world_.RunFor(milliseconds(600));
  EXPECT_EQ(JudgeFrom(stay, from), Flags{0});
}

TEST_F(ContentionWatchTest, ASystemThatDoesNotTellIsNotWaitedForLong) {
  use_.tells = false;
  const auto stay = watch_.Enter(known_);
  EXPECT_EQ(Query(stay, 0, 400), Flags{0});
}

TEST_F(ContentionWatchTest, AForeignProcessOnOneOfItsDevicesIsContention) {
  const auto stay = watch_.Enter(known_);
  EXPECT_EQ(Query(stay, 100, 0), Flags{0});
  use_.shared_devices = {"GPU-b"};
  EXPECT_EQ(Query(stay, 100, 0), Flags{0});
  use_.shared_devices = {"GPU-a"};
  EXPECT_EQ(Query(stay, 100, 0), kFlagContended);
}

TEST_F(ContentionWatchTest, DevicesAreLookedAtEveryFiveSeconds) {
  watch_.Enter(known_);
  world_.RunFor(milliseconds(20'500));
  EXPECT_EQ(use_.looks, 21);
  EXPECT_EQ(use_.device_looks, 5);
}

TEST_F(ContentionWatchTest, LooksOnlyWhileAnEngineStays) {
  world_.RunFor(seconds(5));
  EXPECT_EQ(use_.looks, 0);
  watch_.Leave(watch_.Enter(known_));
  world_.RunFor(seconds(5));
  const int looks = use_.looks;
  EXPECT_LE(looks, 1);
  const auto stay = watch_.Enter(known_);
  EXPECT_EQ(Query(stay, 0, 400), kFlagContended) << "it begins again";
  EXPECT_GT(use_.looks, looks);
}

TEST(SharedDevices, NeedOneOfOursAndAnother) {
  EXPECT_THAT(
      SharedDevices({{"GPU-a", {1}}, {"GPU-b", {1, 9}}, {"GPU-c", {9}}, {"GPU-d", {}}}, {1, 2}),
      ElementsAre("GPU-b"))
      << "GPU-c: its processes may be counted in another way, as a container's are";
}

}  // namespace
}  // namespace wattfleet::agent
