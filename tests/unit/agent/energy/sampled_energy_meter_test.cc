#include "agent/energy/sampled_energy_meter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/trace/replay_trace.h"
#include "common/trace/trace_reader.h"
#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"
#include "tests/unit/agent/energy/metered_machine.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ScriptedPowerSource;
using testing::SimWorld;

TEST(SampledEnergyMeterTest, AnAccountHasTheChannelsOfItsDevicesAndOfTheHost) {
  MeteredMachine machine;

  EXPECT_EQ(machine.meter->ChannelNames(), (std::vector<std::string>{kGpuA, kGpuB, kPackage}));
  const auto account = machine.meter->OpenAccount({"GPU-b"}, machine.world);
  ASSERT_EQ(account->channels().size(), 2U);
  EXPECT_EQ(account->channels()[0].name, kGpuB);
  EXPECT_EQ(account->channels()[0].source, "scripted");
  EXPECT_EQ(account->channels()[1].name, kPackage);
  EXPECT_EQ(account->channels()[1].scope, Scope::kCpuPackage);
  EXPECT_EQ(machine.meter->OpenAccount({}, machine.world)->channels().size(), 1U);
  EXPECT_TRUE(machine.meter->HasMeasuredChannel({}));
}

TEST(SampledEnergyMeterTest, ARequestsEnergyIsThatOfTheSensorsWhileItRan) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  machine.MeasureBaseline({"GPU-a"});
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  machine.world.RunFor(seconds(1));
  machine.Draw(kGpuA, 400);
  machine.Draw(kPackage, 90);
  bool idle_again = false;
  machine.world.PostAfter(seconds(2), [&] {
    machine.Draw(kGpuA, 50);
    machine.Draw(kPackage, 50);
    idle_again = true;
  });

  const auto energies = machine.RunRequest(*account, 1, milliseconds(2'000));

  ASSERT_TRUE(idle_again);
  ASSERT_EQ(energies.size(), 2U);
  EXPECT_EQ(energies[0].channel, 0U);
  EXPECT_EQ(energies[1].channel, 1U);
  const double expected[] = {800, 180};
  for (std::size_t i = 0; i < 2; ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(energies[i].status, EnergyStatus::kMeasured);
    ASSERT_TRUE(energies[i].gross && energies[i].net && energies[i].random);
    const double joules = static_cast<double>(*energies[i].gross) * 1e-6;
    const double u = static_cast<double>(*energies[i].random) * 1e-6;
    EXPECT_NEAR(joules, expected[i], 2 * u);
    EXPECT_LT(u, expected[i] * 0.02);
    EXPECT_NEAR(static_cast<double>(*energies[i].net) * 1e-6, expected[i] - 100, 2 * u + 0.1);
    EXPECT_EQ(energies[i].covered_ppm, 1'000'000);
    // Power under load has to hold for half a minute before it counts as settled.
    EXPECT_EQ(energies[i].flags, i == 0 ? kFlagNotSteady : 0U);
  }
  for (const LedgerEntry& entry : account->Close()) {
    EXPECT_TRUE(entry.Balances());
    EXPECT_EQ(entry.attributed, energies[entry.channel].gross);
    EXPECT_NEAR(static_cast<double>(entry.baseline_uw.value_or(0)), 50e6, 0.05e6);
  }
}

TEST(SampledEnergyMeterTest, SettlesSoonAfterTheEndAndNeverInsideTheCall) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  account->RequestStarted(1, machine.world.MonotonicNow());
  machine.world.RunFor(seconds(2));
  const MonotonicTime end = machine.world.MonotonicNow();
  std::optional<MonotonicTime> settled_at;
  account->RequestEnded(1, end, RequestFate::kCounted, [&](std::vector<ChannelEnergy>) {
    settled_at = machine.world.MonotonicNow();
  });

  EXPECT_FALSE(settled_at.has_value());
  machine.world.RunFor(seconds(1));
  ASSERT_TRUE(settled_at.has_value());
  EXPECT_LE(*settled_at - end, milliseconds(300));
}

TEST(SampledEnergyMeterTest, ASensorThatFallsSilentIsWaitedForUntilTheDeadline) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  machine.world.RunFor(seconds(1));
  machine.faults[kGpuA] = ReadFault::kUnavailable;

  const MonotonicTime begin = machine.world.MonotonicNow();
  const auto energies = machine.RunRequest(*account, 1, seconds(2));

  EXPECT_GE(machine.world.MonotonicNow() - begin, seconds(7));
  EXPECT_EQ(energies[0].status, EnergyStatus::kInvalid);
  EXPECT_EQ(energies[0].gross, std::nullopt);
  EXPECT_NE(energies[0].flags & kFlagNoPostroll, 0U);
  EXPECT_EQ(energies[1].status, EnergyStatus::kMeasured);
  for (const LedgerEntry& entry : account->Close()) {
    EXPECT_TRUE(entry.Balances());
  }
}

TEST(SampledEnergyMeterTest, ALostGpuInvalidatesWhatItTouchesAndTheRunGoesOn) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  machine.world.PostAfter(seconds(1), [&] { machine.faults[kGpuA] = ReadFault::kLost; });
  const auto lost = machine.RunRequest(*account, 1, seconds(3));
  machine.faults[kGpuA] = ReadFault::kNone;
  machine.world.RunFor(seconds(1));
  const auto back = machine.RunRequest(*account, 2, seconds(3));

  EXPECT_EQ(lost[0].status, EnergyStatus::kInvalid);
  EXPECT_NE(lost[0].flags & kFlagChannelLost, 0U);
  EXPECT_EQ(back[0].status, EnergyStatus::kMeasured);
  const std::vector<LedgerEntry> ledger = account->Close();
  EXPECT_TRUE(ledger[0].Balances());
  EXPECT_GT(ledger[0].unassigned, 0);
  EXPECT_EQ(ledger[0].attributed, back[0].gross);
}

TEST(SampledEnergyMeterTest, ADeviceWithoutASensorMakesItsGroupPartial) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  const auto account = machine.meter->OpenAccount({"GPU-a", "GPU-z"}, machine.world);
  const auto energies = machine.RunRequest(*account, 1, seconds(2));

  EXPECT_EQ(energies[0].status, EnergyStatus::kPartial);
  EXPECT_TRUE(energies[0].gross.has_value());
  EXPECT_EQ(energies[1].status, EnergyStatus::kMeasured);
}

TEST(SampledEnergyMeterTest, LeasesOnOneGpuShareItsEnergyAndEachLedgerBalances) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  machine.Draw(kGpuA, 400);
  const auto first = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  const auto second = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  std::vector<ChannelEnergy> energies;
  const auto keep = [&energies](std::vector<ChannelEnergy> e) { energies.push_back(e[0]); };
  first->RequestStarted(1, machine.world.MonotonicNow());
  second->RequestStarted(1, machine.world.MonotonicNow());
  machine.world.RunFor(seconds(4));
  first->RequestEnded(1, machine.world.MonotonicNow(), RequestFate::kCounted, keep);
  second->RequestEnded(1, machine.world.MonotonicNow(), RequestFate::kCounted, keep);
  machine.world.RunFor(seconds(1));

  ASSERT_EQ(energies.size(), 2U);
  EXPECT_NEAR(static_cast<double>(energies[0].gross.value_or(0)), 800e6, 20e6);
  EXPECT_LE(std::abs(*energies[0].gross - *energies[1].gross), 2);
  EXPECT_EQ(energies[0].flags & kFlagEqualShare, kFlagEqualShare);
  const LedgerEntry one = first->Close()[0];
  const LedgerEntry two = second->Close()[0];
  EXPECT_TRUE(one.Balances());
  EXPECT_TRUE(two.Balances());
  // Both were open at once: together they have what the sensor saw, to the microjoule.
  EXPECT_EQ((one.total + two.total) % 1'000, 0);
  EXPECT_LE(std::abs(one.idle - two.idle), 50);
}

TEST(SampledEnergyMeterTest, AnUnsteadyMachineHasNoBaseline) {
  MeteredMachine machine;
  bool high = false;
  std::function<void()> toggle = [&] {
    high = !high;
    machine.Draw(kGpuA, high ? 120 : 30);
    machine.world.PostAfter(milliseconds(1'300), toggle);
  };
  toggle();
  machine.world.RunFor(seconds(1));
  machine.MeasureBaseline({"GPU-a"});
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  const auto energies = machine.RunRequest(*account, 1, seconds(2));

  EXPECT_EQ(energies[0].net, std::nullopt);
  EXPECT_NE(energies[0].flags & kFlagIdleUnstable, 0U);
  EXPECT_NE(energies[0].flags & kFlagIdleUnknown, 0U);
  EXPECT_TRUE(energies[0].gross.has_value());
  EXPECT_TRUE(energies[1].net.has_value());
  EXPECT_EQ(account->Close()[0].baseline_uw, std::nullopt);
}

TEST(SampledEnergyMeterTest, ABusyNeighbourLeavesTheBaselineAsItWas) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  const auto neighbour = machine.meter->OpenAccount({"GPU-b"}, machine.world);
  neighbour->RequestStarted(1, machine.world.MonotonicNow());
  machine.MeasureBaseline({"GPU-a"});
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  const std::vector<LedgerEntry> ledger = account->Close();

  EXPECT_TRUE(ledger[0].baseline_uw.has_value());
  EXPECT_FALSE(ledger[1].baseline_uw.has_value());
}

TEST(SampledEnergyMeterTest, HeatThatComesOrGoesIsCountedForThoseWhomItHoldsBack) {
  MeteredMachine machine;
  const auto changes = [&machine](const std::string& device) {
    machine.world.RunFor(seconds(1));
    return machine.meter->Totals().empty() ? 0 : machine.meter->HeatChanges({device});
  };
  EXPECT_EQ(changes("GPU-a"), 0U);
  machine.flags[kGpuA] = kFlagThermalThrottled;
  EXPECT_EQ(changes("GPU-a"), 1U);
  EXPECT_EQ(changes("GPU-a"), 1U) << "as before";
  EXPECT_EQ(changes("GPU-b"), 0U);
  machine.flags[kGpuA] = kFlagPowerCapped;
  machine.flags[kPackage] = kFlagThermalThrottled;
  EXPECT_EQ(changes("GPU-a"), 3U);
  EXPECT_EQ(changes("GPU-b"), 1U) << "the host's channel is everybody's";
}

TEST(SampledEnergyMeterTest, AnAccountMayGoWhileRequestsAreOpen) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  {
    const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
    account->RequestStarted(1, machine.world.MonotonicNow());
    account->RequestStarted(2, machine.world.MonotonicNow());
    account->RequestEnded(2, machine.world.MonotonicNow(), RequestFate::kCounted,
                          [](const std::vector<ChannelEnergy>&) { FAIL(); });
  }
  machine.world.RunFor(seconds(20));
}

TEST(SampledEnergyMeterTest, TheTraceOfALeaseGivesItsFiguresAgainToTheBit) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  machine.MeasureBaseline({"GPU-a"});
  const auto other = machine.meter->OpenAccount({"GPU-a", "GPU-b"}, machine.world);
  other->RequestStarted(90, machine.world.MonotonicNow());
  machine.world.RunFor(milliseconds(370));
  const auto account = machine.meter->OpenAccount({"GPU-a"}, machine.world);
  std::map<Unit, std::vector<ChannelEnergy>> told;
  for (std::uint64_t request = 1; request <= 6; ++request) {
    machine.Draw(kGpuA, 100 + 37.0 * static_cast<double>(request));
    const auto unit = static_cast<Unit>(10 * request);
    const bool is_counted = request != 3;
    if (is_counted) {
      account->RequestAnswers(request, unit);
    }
    auto energies =
        machine.RunRequest(*account, request, milliseconds(730 + 11 * static_cast<int>(request)),
                           is_counted ? RequestFate::kCounted : RequestFate::kUncounted);
    if (is_counted) {
      told[unit] = std::move(energies);
    }
    machine.Draw(kGpuA, 50);
    machine.world.RunFor(milliseconds(130));
    if (request == 4) {
      other->RequestEnded(90, machine.world.MonotonicNow(), RequestFate::kCounted,
                          [](const std::vector<ChannelEnergy>&) {});
    }
  }
  const std::vector<LedgerEntry> ledger = account->Close();

  const auto trace = ReadTrace(account->TakeTrace());
  ASSERT_TRUE(trace.ok()) << trace.status();
  const auto replay = ReplayTrace(*trace, ReplayMethod::kAllocV1);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->ledger, ledger);
  EXPECT_GT(ledger[0].uncounted, 0);
  EXPECT_TRUE(ledger[0].baseline_id.has_value());
  std::size_t replayed = 0;
  for (const ReplayedUnit& unit : replay->units) {
    EXPECT_EQ(unit.energy, told.at(unit.unit).at(unit.energy.channel));
    ++replayed;
  }
  EXPECT_EQ(replayed, told.size() * account->channels().size());
}

// Tensor parallel: one server on both GPUs, another on one of them.
TEST(SampledEnergyMeterTest, AServerOnTwoGpusHasTheEnergyOfBothAndSharesOneWithItsNeighbour) {
  MeteredMachine machine;
  machine.world.RunFor(seconds(1));
  machine.Draw(kGpuA, 400);
  machine.Draw(kGpuB, 300);
  const auto both = machine.meter->OpenAccount({"GPU-a", "GPU-b"}, machine.world);
  const auto one = machine.meter->OpenAccount({"GPU-b"}, machine.world);
  ASSERT_EQ(both->channels().size(), 3U);
  std::vector<ChannelEnergy> of_both;
  std::vector<ChannelEnergy> of_one;
  const MonotonicTime start = machine.world.MonotonicNow();
  both->RequestStarted(1, start);
  machine.world.RunFor(seconds(2));
  one->RequestStarted(1, machine.world.MonotonicNow());
  machine.world.RunFor(seconds(2));
  const MonotonicTime end = machine.world.MonotonicNow();
  both->RequestEnded(1, end, RequestFate::kCounted,
                     [&of_both](std::vector<ChannelEnergy> e) { of_both = std::move(e); });
  one->RequestEnded(1, end, RequestFate::kCounted,
                    [&of_one](std::vector<ChannelEnergy> e) { of_one = std::move(e); });
  machine.world.RunFor(seconds(1));

  ASSERT_EQ(of_both.size(), 3U);
  ASSERT_EQ(of_one.size(), 2U);
  const auto joules = [](const ChannelEnergy& e) {
    return static_cast<double>(e.gross.value_or(0)) * 1e-6;
  };
  // Alone on GPU-b for two seconds, then one of two.
  EXPECT_NEAR(joules(of_both[0]), 1'600, 45);
  EXPECT_NEAR(joules(of_both[1]), 600 + 300, 35);
  EXPECT_NEAR(joules(of_one[0]), 300, 25);
  // The host's channel is shared by all that run on the host.
  EXPECT_NEAR(joules(of_both[2]), 100 + 50, 10);
  EXPECT_NEAR(joules(of_one[1]), 50, 5);
  EXPECT_EQ(of_both[0].flags & kFlagEqualShare, 0U);
  EXPECT_EQ(of_both[1].flags & kFlagEqualShare, kFlagEqualShare);
  EXPECT_TRUE(std::all_of(of_both.begin(), of_both.end(), [](const ChannelEnergy& e) {
    return e.status == EnergyStatus::kMeasured;
  }));
  for (const LedgerEntry& entry : both->Close()) {
    EXPECT_TRUE(entry.Balances());
    EXPECT_EQ(entry.attributed, of_both[entry.channel].gross);
  }
}

TEST(SampledEnergyMeterTest, ASlowSensorIsWaitedForLongerThanAFastOne) {
  SimWorld world;
  ChannelSpec spec;
  spec.name = "redfish/power";
  spec.kind = SampleKind::kPowerAverage;
  spec.scope = Scope::kWall;
  spec.update_period = seconds(5);
  spec.window = seconds(2);
  bool is_silent = false;
  auto source = std::make_unique<ScriptedPowerSource>(
      std::vector<ChannelSpec>{spec}, seconds(1), [&is_silent](auto values) {
        values[0] = {.raw = 200'000'000,
                     .fault = is_silent ? ReadFault::kUnavailable : ReadFault::kNone};
      });
  std::vector<std::unique_ptr<Sampler>> samplers;
  samplers.push_back(std::make_unique<Sampler>(
      std::move(source), world,
      SamplerOptions{.suspended_time = [] { return std::chrono::nanoseconds(0); }}));
  Sampler& sampler = *samplers[0];
  SampledEnergyMeter meter(std::move(samplers), world);
  std::function<void()> poll = [&] {
    sampler.PollOnce();
    world.PostAfter(seconds(1), poll);
  };
  poll();
  const auto account = meter.OpenAccount({}, world);
  const auto settled_after = [&](std::uint64_t request) {
    account->RequestStarted(request, world.MonotonicNow());
    world.RunFor(seconds(30));
    std::vector<ChannelEnergy> energies;
    const MonotonicTime end = world.MonotonicNow();
    account->RequestEnded(request, end, RequestFate::kCounted,
                          [&energies](std::vector<ChannelEnergy> e) { energies = std::move(e); });
    EXPECT_TRUE(world.RunUntil([&energies] { return !energies.empty(); }, seconds(100)));
    return std::pair(world.MonotonicNow() - end, energies.at(0));
  };

  const auto [soon, measured] = settled_after(1);
  EXPECT_LT(soon, seconds(17));
  EXPECT_EQ(measured.status, EnergyStatus::kMeasured);
  EXPECT_NEAR(static_cast<double>(measured.gross.value_or(0)), 6'000e6, 500e6);
  is_silent = true;
  const auto [late, forced] = settled_after(2);
  EXPECT_GT(late, seconds(17));
  EXPECT_LT(late, seconds(61));
  EXPECT_NE(forced.flags & kFlagNoPostroll, 0U);
}

TEST(SampledEnergyMeterTest, WithoutChannelsEverythingIsAnsweredAtOnce) {
  SimWorld world;
  SampledEnergyMeter meter({}, world);
  bool settled = false;
  bool measured = false;
  const auto account = meter.OpenAccount({"GPU-a"}, world);
  account->RequestEnded(1, world.MonotonicNow(), RequestFate::kCounted,
                        [&settled](const std::vector<ChannelEnergy>& e) { settled = e.empty(); });
  meter.MeasureBaseline({"GPU-a"}, world, [&measured] { measured = true; });
  world.RunFor(seconds(0));

  EXPECT_TRUE(settled);
  EXPECT_TRUE(measured);
  EXPECT_FALSE(meter.HasMeasuredChannel({"GPU-a"}));
}

}  // namespace
}  // namespace wattfleet::agent
