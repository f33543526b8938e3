// What temperatures have to say in steadiness and in baselines, in simulated time.
#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/agent/energy/metered_machine.h"

namespace wattfleet::agent {
namespace {

using std::chrono::seconds;

// From `from` towards `to` degrees, with a time constant of a minute, once a second.
class Warming {
 public:
  Warming(MeteredMachine& machine, double from, double to)
      : machine_(machine), from_(from), to_(to), began_(machine.world.MonotonicNow()) {
    Step();
  }

 private:
  void Step() {
    const double s = std::chrono::duration<double>(machine_.world.MonotonicNow() - began_).count();
    machine_.celsius[kGpuA] = to_ + (from_ - to_) * std::exp(-s / 60);
    machine_.world.PostAfter(seconds(1), [this] { Step(); });
  }

  MeteredMachine& machine_;
  const double from_;
  const double to_;
  const MonotonicTime began_;
};

TEST(HeatTest, WithoutATemperaturePowerAloneTellsThatADeviceHasSettled) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  machine.Draw(kGpuB, 300);
  const auto account = machine.meter->OpenAccount({"GPU-b"}, machine.world);
  EXPECT_FALSE(account->IsPowerSteady());
  EXPECT_TRUE(account->IsHeatSteady());
  machine.RunRequest(*account, 1, seconds(40));
  EXPECT_TRUE(account->IsPowerSteady());
  EXPECT_TRUE(account->IsHeatSteady());
}

TEST(HeatTest, ADeviceWhosePowerIsEvenHasNotSettledWhileItWarmsUp) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  machine.Draw(kGpuA, 300);
  const Warming warming(machine, 35, 75);
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);

  machine.RunRequest(*account, 1, seconds(100));
  EXPECT_TRUE(account->IsPowerSteady());
  EXPECT_FALSE(account->IsHeatSteady());
  machine.RunRequest(*account, 2, seconds(150));
  EXPECT_TRUE(account->IsHeatSteady());

  // A lease of the other GPU has nothing to do with it.
  const auto other = machine.meter->OpenAccount({"GPU-b"}, machine.world);
  EXPECT_TRUE(other->IsHeatSteady());
}

TEST(HeatTest, TheTemperatureOfAnIdleDeviceSaysNothingOfItsLoad) {
  MeteredMachine machine;
  machine.celsius[kGpuA] = 35;
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  machine.world.RunFor(seconds(60));
  machine.RunRequest(*account, 1, seconds(10));
  EXPECT_FALSE(account->IsHeatSteady()) << "ten seconds of load are not half a minute";
}

TEST(HeatTest, TheMeterSaysWhichDevicesTellTheirTemperature) {
  const MeteredMachine machine;
  const MeasuredChannels both = machine.meter->Measured({"GPU-a", "GPU-b"});
  EXPECT_EQ(both.of_devices, 2U);
  EXPECT_EQ(both.with_temperature, 1U);
  EXPECT_EQ(machine.meter->Measured({"GPU-b"}).with_temperature, 0U);
  EXPECT_EQ(machine.meter->Measured({}).of_devices, 0U);
}

std::optional<std::int64_t> BaselineOf(MeteredMachine& machine) {
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  return account->Close()[0].baseline_uw;
}

// Spans of 5 s after 2 s: from 95 towards 35 C the temperature moves by less than 3 C within one
// from 31 s on.
TEST(HeatTest, ABaselineWaitsForADeviceThatStillCools) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  const Warming cooling(machine, 95, 35);
  const MonotonicTime begin = machine.world.MonotonicNow();
  machine.MeasureBaseline({"GPU-a"});

  EXPECT_TRUE(BaselineOf(machine).has_value());
  EXPECT_GT(machine.world.MonotonicNow() - begin, seconds(18)) << "more than three tries";
  EXPECT_LT(machine.world.MonotonicNow() - begin, seconds(34));
}

TEST(HeatTest, ADeviceThatDoesNotStopCoolingHasNoBaseline) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  std::function<void()> cool = [&] {
    machine.celsius[kGpuA] -= 1;
    machine.world.PostAfter(seconds(1), cool);
  };
  machine.celsius[kGpuA] = 120;
  cool();
  const MonotonicTime begin = machine.world.MonotonicNow();
  machine.MeasureBaseline({"GPU-a"});

  EXPECT_EQ(BaselineOf(machine), std::nullopt);
  EXPECT_LT(machine.world.MonotonicNow() - begin, seconds(45)) << "six tries, no more";
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  const auto energies = machine.RunRequest(*account, 1, seconds(2));
  EXPECT_NE(energies[0].flags & kFlagIdleUnstable, 0U);
  EXPECT_TRUE(energies[1].net.has_value()) << "the package tells no temperature";
}

}  // namespace
}  // namespace wattfleet::agent
