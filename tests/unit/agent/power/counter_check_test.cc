#include "agent/power/counter_check.h"

#include <chrono>

#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using Verdict = CounterTrial::Verdict;

// A device read every 50 ms, whose counter sees `gain` times what it draws.
struct Device {
  double watts = 0;
  double gain = 1;
  MonotonicTime at{std::chrono::hours(1)};
  double joules = 1e6;

  template <typename Check>
  void Run(Check& check, std::chrono::nanoseconds span) {
    for (const MonotonicTime end = at + span; at < end; at += milliseconds(50)) {
      check.Add(at, joules, watts);
      joules += watts * gain * 0.05;
    }
  }
};

TEST(CounterTrialTest, AcceptsACounterThatAgreesUnderLoad) {
  for (const double gain : {0.71, 1.0, 1.39}) {
    CounterTrial trial;
    Device device{.watts = 300, .gain = gain};
    device.Run(trial, milliseconds(2'000));
    EXPECT_EQ(trial.verdict(), Verdict::kOpen);
    device.Run(trial, milliseconds(50));
    EXPECT_EQ(trial.verdict(), Verdict::kAccepted) << gain;
  }
}

TEST(CounterTrialTest, RejectsACounterThatFailsTwice) {
  for (const double gain : {0.0, 0.01, 0.69, 1.41, 100.0}) {
    CounterTrial trial;
    Device device{.watts = 300, .gain = gain};
    device.Run(trial, milliseconds(4'000));
    EXPECT_EQ(trial.verdict(), Verdict::kOpen);
    device.Run(trial, milliseconds(50));
    EXPECT_EQ(trial.verdict(), Verdict::kRejected) << gain;
  }
}

TEST(CounterTrialTest, DoesNotJudgeAnIdleDevice) {
  CounterTrial trial;
  Device device{.watts = 49, .gain = 10};
  device.Run(trial, std::chrono::minutes(1));
  EXPECT_EQ(trial.verdict(), Verdict::kOpen);
}

TEST(CounterTrialTest, AFirstSpanThatPowerLagsBehindIsForgiven) {
  CounterTrial trial;
  Device device{.watts = 100, .gain = 3};
  device.Run(trial, milliseconds(2'050));
  device.watts = 300;
  device.gain = 1;
  device.Run(trial, milliseconds(2'050));
  EXPECT_EQ(trial.verdict(), Verdict::kAccepted);
}

TEST(CounterTrialTest, ReadingsFarApartAndACounterThatStepsBackAreNotCompared) {
  CounterTrial trial;
  Device device{.watts = 300, .gain = 1};
  device.Run(trial, milliseconds(1'900));
  device.at += milliseconds(1'500);
  device.joules += 1e6;
  device.Run(trial, milliseconds(1'900));
  device.joules = 0;
  device.Run(trial, milliseconds(1'900));
  EXPECT_EQ(trial.verdict(), Verdict::kOpen);
  device.Run(trial, milliseconds(200));
  EXPECT_EQ(trial.verdict(), Verdict::kAccepted);
}

TEST(CounterWatchTest, FollowsTheLastTenSeconds) {
  CounterWatch watch;
  Device device{.watts = 300, .gain = 1};
  device.Run(watch, milliseconds(10'050));
  EXPECT_FALSE(watch.is_suspect());
  device.gain = 0.5;
  device.Run(watch, milliseconds(10'050));
  EXPECT_TRUE(watch.is_suspect());
  device.gain = 1;
  device.Run(watch, milliseconds(10'050));
  EXPECT_FALSE(watch.is_suspect());
}

TEST(CounterWatchTest, ADeviceWithoutPowerIsNotCompared) {
  CounterWatch watch;
  Device device{.watts = 0, .gain = 1};
  device.Run(watch, std::chrono::minutes(1));
  EXPECT_FALSE(watch.is_suspect());
}

}  // namespace
}  // namespace wattfleet::agent
