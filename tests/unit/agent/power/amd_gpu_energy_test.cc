#include "agent/power/amd_smi/amd_gpu_energy.h"

#include <chrono>
#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using Verdict = CounterTrial::Verdict;

constexpr RawUnit kUnit{1'000'000, 65'536};

double JoulesOf(std::uint64_t counts) {
  return static_cast<double>(counts) / 65'536;
}

// A GPU read every 50 ms; its counter sees `gain` times what it draws.
class Gpu {
 public:
  explicit Gpu(bool is_short = false, double start_joules = 5'000)
      : energy(kUnit, is_short), joules_(start_joules) {}

  ChannelValue Read(double watts, double gain = 1) {
    const auto whole = static_cast<std::uint64_t>(joules_ * 65'536);
    const std::uint64_t count = is_short_ ? whole & 0xFFFF'FFFF : whole;
    const ChannelValue value = energy.Add(
        {.at = at, .count = has_counter ? std::optional(count) : std::nullopt, .watts = watts});
    at += milliseconds(50);
    joules_ += watts * gain * 0.05;
    return value;
  }
  ChannelValue RunFor(milliseconds span, double watts, double gain = 1) {
    ChannelValue value;
    for (auto left = span; left.count() > 0; left -= milliseconds(50)) {
      value = Read(watts, gain);
    }
    return value;
  }
  void SetCounter(double joules) { joules_ = joules; }
  void MakeShort() { is_short_ = true; }

  AmdGpuEnergy energy;
  MonotonicTime at{std::chrono::hours(1)};
  bool has_counter = true;

 private:
  double joules_;
  bool is_short_ = false;
};

TEST(AmdGpuEnergyTest, FollowsACounterThatAgreesWithPower) {
  Gpu gpu;
  const ChannelValue accepted = gpu.RunFor(milliseconds(2'050), 100);
  ASSERT_EQ(gpu.energy.verdict(), Verdict::kAccepted);
  EXPECT_NEAR(JoulesOf(accepted.raw), 200, 1e-3);

  // From here on power, which is told wrong now, no longer counts.
  for (int i = 0; i < 20; ++i) {
    gpu.Read(100, 1.3);
  }
  const ChannelValue value = gpu.Read(100);
  EXPECT_EQ(value.flags, 0U);
  EXPECT_NEAR(JoulesOf(value.raw - accepted.raw), 5 + 20 * 6.5, 1e-3);
}

TEST(AmdGpuEnergyTest, IntegratesPowerWhileTheCounterIsUntried) {
  Gpu gpu;
  const ChannelValue value = gpu.RunFor(milliseconds(60'050), 30, 100);

  EXPECT_EQ(gpu.energy.verdict(), Verdict::kOpen);
  EXPECT_EQ(value.fault, ReadFault::kNone);
  EXPECT_EQ(value.flags, kFlagPowerIntegrated);
  EXPECT_NEAR(JoulesOf(value.raw), 30 * 60, 1e-3);
}

TEST(AmdGpuEnergyTest, IntegratesPowerForGoodWhereTheCounterIsWrong) {
  for (const double gain : {0.0, 0.01, 100.0}) {
    Gpu gpu;
    gpu.RunFor(milliseconds(4'050), 300, gain);
    ASSERT_EQ(gpu.energy.verdict(), Verdict::kRejected) << gain;
    const ChannelValue value = gpu.RunFor(milliseconds(6'000), 300, gain);

    EXPECT_EQ(value.flags, kFlagPowerIntegrated);
    EXPECT_EQ(value.fault, ReadFault::kNone);
    EXPECT_NEAR(JoulesOf(value.raw), 300 * 10, 1e-3);
  }
}

TEST(AmdGpuEnergyTest, AnAcceptedCounterIsStillCompared) {
  Gpu gpu;
  gpu.RunFor(milliseconds(2'050), 300);
  EXPECT_EQ(gpu.RunFor(milliseconds(10'100), 300, 0.5).flags, kFlagCounterSuspect);
}

TEST(AmdGpuEnergyTest, ACounterThatStepsBackIsAReset) {
  Gpu gpu;
  const ChannelValue before = gpu.RunFor(milliseconds(3'000), 300);
  gpu.SetCounter(10);
  const ChannelValue reset = gpu.Read(300);

  EXPECT_EQ(reset.fault, ReadFault::kNone);
  EXPECT_EQ(reset.flags, kFlagCounterReset);
  EXPECT_LT(reset.raw, before.raw);
  EXPECT_NEAR(JoulesOf(gpu.Read(300).raw - reset.raw), 15, 1e-3);
}

TEST(AmdGpuEnergyTest, ShortCountersWrap) {
  // 2^32 counts are 65,536 J: the wrap comes 1 s after the counter was accepted.
  Gpu gpu(true, 65'536 - 900);
  gpu.MakeShort();
  gpu.RunFor(milliseconds(2'050), 300);
  ASSERT_EQ(gpu.energy.verdict(), Verdict::kAccepted);
  const ChannelValue value = gpu.RunFor(milliseconds(4'000), 300);

  EXPECT_EQ(value.flags, 0U);
  EXPECT_NEAR(JoulesOf(value.raw), 300 * 6, 1e-3);
}

TEST(AmdGpuEnergyTest, WhatIsMissingIsNoValue) {
  Gpu gpu;
  gpu.RunFor(milliseconds(3'000), 300);
  gpu.has_counter = false;
  EXPECT_EQ(gpu.Read(300).fault, ReadFault::kUnavailable);
  gpu.has_counter = true;
  EXPECT_EQ(gpu.Read(300).fault, ReadFault::kNone);

  AmdGpuEnergy untried(kUnit, false);
  EXPECT_EQ(untried.Add({.at = gpu.at, .count = 5}).fault, ReadFault::kUnavailable);
  EXPECT_EQ(untried.Add({.at = gpu.at, .is_lost = true}).fault, ReadFault::kLost);
}

TEST(AmdGpuEnergyTest, PowerIsNotIntegratedAcrossASecondWithoutIt) {
  Gpu gpu;
  const ChannelValue before = gpu.RunFor(milliseconds(500), 30);
  gpu.at += milliseconds(1'200);
  const ChannelValue after = gpu.Read(30);

  EXPECT_EQ(after.fault, ReadFault::kLost);
  EXPECT_EQ(after.raw, before.raw);
  EXPECT_NEAR(JoulesOf(gpu.Read(30).raw - before.raw), 1.5, 1e-3);
}

TEST(AmdGpuEnergyTest, NothingIsCountedForTheTimeInWhichTheGpuWasLost) {
  Gpu gpu;
  const ChannelValue before = gpu.RunFor(milliseconds(3'000), 300);
  gpu.energy.Add({.at = gpu.at, .is_lost = true});
  gpu.SetCounter(90'000);
  const ChannelValue back = gpu.Read(300);

  EXPECT_EQ(back.fault, ReadFault::kNone);
  EXPECT_EQ(back.raw, before.raw);
  EXPECT_NEAR(JoulesOf(gpu.Read(300).raw - back.raw), 15, 1e-3);
}

}  // namespace
}  // namespace wattfleet::agent
