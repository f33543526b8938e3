#include "agent/drive/warm_up.h"

#include <chrono>

#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const MonotonicTime kStart{std::chrono::hours(1)};

int WarmOf(WarmUp& warm_up, MonotonicTime from, int requests, seconds apart = seconds(1)) {
  int warm = 0;
  for (int i = 0; i < requests; ++i) {
    warm += warm_up.OnSend(from + i * apart) == kFlagWarmup ? 1 : 0;
  }
  return warm;
}

TEST(WarmUpTest, TheFirstTenRequestsOfAnEngineAreWarmUp) {
  WarmUp warm_up({});

  EXPECT_EQ(WarmOf(warm_up, kStart, 10), 10);
  EXPECT_EQ(WarmOf(warm_up, kStart + seconds(10), 100), 0);
}

TEST(WarmUpTest, OrThoseOfItsFirstTime) {
  WarmUp warm_up({.requests = 0, .time = seconds(60)});

  EXPECT_EQ(WarmOf(warm_up, kStart, 100), 60);
}

TEST(WarmUpTest, BeginsAnewWhenToldOrAfterAMinuteWithoutWork) {
  WarmUp warm_up({.requests = 2});

  EXPECT_EQ(WarmOf(warm_up, kStart, 5), 2);
  EXPECT_EQ(WarmOf(warm_up, kStart + seconds(60), 5), 0);
  EXPECT_EQ(WarmOf(warm_up, kStart + minutes(3), 5), 2);
  warm_up.Begin();
  EXPECT_EQ(WarmOf(warm_up, kStart + minutes(3) + seconds(5), 5), 2);
}

// Power that settles after a while, after which it stays settled, whatever a later lease sees.
TEST(WarmUpTest, OrUntilPowerHasSettled) {
  WarmUp warm_up({.requests = 0, .steady = minutes(5)});

  for (int s = 0; s < 40; ++s) {
    EXPECT_EQ(warm_up.OnSend(kStart + seconds(s), false), kFlagWarmup) << s;
  }
  EXPECT_EQ(warm_up.OnSend(kStart + seconds(40), true), 0);
  EXPECT_EQ(warm_up.OnSend(kStart + seconds(41), false), 0);
  warm_up.Begin();
  EXPECT_EQ(warm_up.OnSend(kStart + seconds(42), false), kFlagWarmup);
}

TEST(WarmUpTest, PowerThatNeverSettlesIsNotWaitedForLongerThanThat) {
  WarmUp warm_up({.requests = 0, .steady = minutes(5)});

  int warm = 0;
  for (int s = 0; s < 1'000; ++s) {
    warm += warm_up.OnSend(kStart + seconds(s), false) == kFlagWarmup ? 1 : 0;
  }
  EXPECT_EQ(warm, 300);
}

TEST(WarmUpTest, NoneWhereNoneIsAskedFor) {
  WarmUp warm_up({.requests = 0});

  EXPECT_EQ(WarmOf(warm_up, kStart, 5), 0);
}

}  // namespace
}  // namespace wattfleet::agent
