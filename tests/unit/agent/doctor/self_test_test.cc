#include "agent/doctor/self_test.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/agent/doctor/sensed_machine.h"

namespace wattfleet::agent {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr char kPackage[] = "rapl/package-0";
constexpr char kGpu[] = "nvml/GPU-a/energy";

const LoadReach kCpuReach{"the processor", kPartCpu | kPartDram, {}};

// A machine with one package of 30 W and a GPU of 70 W.
class SelfTestTest : public ::testing::Test {
 protected:
  SelfTestTest() {
    machine_.Add(SensedMachine::Spec(kPackage, Scope::kCpuPackage), 30);
    machine_.Add(SensedMachine::Spec(kGpu, Scope::kAccelerator, "GPU-a"), 70);
  }

  FakeLoad& AddCpuLoad(double busy_watts) {
    return AddLoad(kCpuReach, {{kPackage, busy_watts}}, {{kPackage, 30}});
  }
  FakeLoad& AddLoad(LoadReach reach, std::map<std::string, double> busy,
                    std::map<std::string, double> idle) {
    auto load =
        std::make_unique<FakeLoad>(machine_, std::move(reach), std::move(busy), std::move(idle));
    FakeLoad& added = *load;
    loads_.push_back(std::move(load));
    return added;
  }
  SelfTest Run() {
    return RunSelfTest(machine_.power(), loads_,
                       [this](nanoseconds span) { return machine_.Wait(span); }, {});
  }

  SensedMachine machine_;
  std::vector<std::unique_ptr<Load>> loads_;
};

TEST_F(SelfTestTest, AChannelThatRisesWithTheLoadTellsItFromIdle) {
  AddCpuLoad(90);

  const SelfTest test = Run();

  ASSERT_EQ(test.channels.size(), 2U);
  EXPECT_EQ(test.channels[0].reaction, Reaction::kTellsLoadFromIdle);
  EXPECT_NEAR(*test.channels[0].idle_watts, 30, 0.01);
  EXPECT_NEAR(*test.channels[0].load_watts, 90, 0.01);
}

TEST_F(SelfTestTest, AChannelThatStaysWhereItIsFails) {
  AddCpuLoad(30.3);

  EXPECT_EQ(Run().channels[0].reaction, Reaction::kDoesNotReact);
}

TEST_F(SelfTestTest, AChannelThatFallsUnderLoadFails) {
  AddCpuLoad(10);

  EXPECT_EQ(Run().channels[0].reaction, Reaction::kDoesNotReact);
}

TEST_F(SelfTestTest, WhatNoLoadReachesIsNotTested) {
  AddCpuLoad(90);

  const SelfTest test = Run();

  EXPECT_EQ(test.channels[1].reaction, Reaction::kNotLoaded);
  EXPECT_NEAR(*test.channels[1].idle_watts, 70, 0.01);
}

TEST_F(SelfTestTest, ALoadOnOneDeviceTestsThatDeviceAlone) {
  machine_.Add(SensedMachine::Spec("nvml/GPU-b/energy", Scope::kAccelerator, "GPU-b"), 70);
  AddLoad({"an engine", kPartAccelerator, {"GPU-b"}}, {{"nvml/GPU-b/energy", 400}},
          {{"nvml/GPU-b/energy", 70}});

  const SelfTest test = Run();

  EXPECT_EQ(test.channels[1].reaction, Reaction::kNotLoaded);
  EXPECT_EQ(test.channels[2].reaction, Reaction::kTellsLoadFromIdle);
}

TEST_F(SelfTestTest, ALoadThatCannotBeMadeTestsNothing) {
  AddCpuLoad(90).start_error = absl::UnavailableError("no engine");
  const SelfTest refused = Run();
  EXPECT_EQ(refused.loads[0].failure, "no engine");
  EXPECT_EQ(refused.channels[0].reaction, Reaction::kNotLoaded);
}

TEST_F(SelfTestTest, ALoadThatBrokeOffTestsNothing) {
  FakeLoad& load = AddCpuLoad(90);
  load.stop_error = absl::UnavailableError("the engine died");

  const SelfTest test = Run();

  EXPECT_EQ(load.stops, 1);
  EXPECT_EQ(test.loads[0].failure, "the engine died");
  EXPECT_EQ(test.channels[0].reaction, Reaction::kNotLoaded);
}

TEST_F(SelfTestTest, AChannelWithoutReadingsFails) {
  machine_.Silence(kPackage);
  AddCpuLoad(90);

  const SelfTest test = Run();

  EXPECT_EQ(test.channels[0].reaction, Reaction::kSilent);
  EXPECT_EQ(test.channels[0].idle_watts, std::nullopt);
}

TEST_F(SelfTestTest, ASensorTooSlowForThePhasesIsNotJudged) {
  ChannelSpec plug = SensedMachine::Spec("plug", Scope::kWall);
  plug.update_period = seconds(60);
  machine_.Add(plug, 200);
  AddCpuLoad(90);

  EXPECT_EQ(Run().channels[2].reaction, Reaction::kTooSlow);
}

TEST_F(SelfTestTest, WhatIsNoSensorIsNotTested) {
  machine_.Add(SensedMachine::Spec("modelled/cpu", Scope::kModelled), 16);
  AddCpuLoad(90);

  EXPECT_EQ(Run().channels.size(), 2U);
}

TEST_F(SelfTestTest, AnInterruptedTestEndsItsLoadsAndJudgesNothing) {
  FakeLoad& load = AddCpuLoad(90);
  int waits = 0;
  const SelfTest test =
      RunSelfTest(machine_.power(), loads_,
                  [&](nanoseconds span) { return machine_.Wait(span) && ++waits < 9; }, {});

  EXPECT_TRUE(test.was_stopped);
  EXPECT_TRUE(test.channels.empty());
  EXPECT_EQ(load.stops, 1);
}

TEST(StandsOutTest, NoiseIsNoReaction) {
  const std::vector<double> idle = {30, 45, 20, 38, 27};
  const std::vector<double> load = {36, 29, 47, 25, 40};

  EXPECT_FALSE(StandsOut(idle, load));
  EXPECT_TRUE(StandsOut(idle, std::vector<double>{90, 92, 88, 91, 90}));
}

}  // namespace
}  // namespace wattfleet::agent
