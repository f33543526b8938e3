#include "common/energy/steadiness.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "common/energy/channel_book.h"

namespace wattfleet {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Seconds of a load whose watts at second t are `watts_of(t)` until it counts as steady; 0: never.
template <typename WattsOf>
int SecondsUntilSteady(const WattsOf& watts_of, int limit = 600) {
  Steadiness steadiness;
  for (int t = 0; t < limit; ++t) {
    steadiness.Add({t * kSecond, (t + 1) * kSecond, std::llround(watts_of(t) * 1e6), 0, true});
    if (steadiness.is_steady()) {
      return t + 1;
    }
  }
  return 0;
}

TEST(SteadinessTest, ConstantPowerIsSteadyAfterThirtySeconds) {
  EXPECT_EQ(SecondsUntilSteady([](int) { return 400.0; }), 30);
  EXPECT_EQ(SecondsUntilSteady([](int t) { return t % 2 == 0 ? 380.0 : 420.0; }), 30);
}

TEST(SteadinessTest, ADeviceThatWarmsUpIsSteadyOnceItsPowerRisesNoMore) {
  // 20 % more in the end, with a time constant of one minute: 2 % within 15 s at about 90 s.
  const int seconds = SecondsUntilSteady([](int t) { return 400 - 80 * std::exp(-t / 60.0); });

  EXPECT_GT(seconds, 45);
  EXPECT_LT(seconds, 150);
}

TEST(SteadinessTest, PowerThatGoesOnRisingIsNot) {
  EXPECT_EQ(SecondsUntilSteady([](int t) { return 100 * std::exp(t / 300.0); }), 0);
}

TEST(SteadinessTest, RequestsOfADeviceAreFlaggedUntilItsPowerHasSettled) {
  ChannelSpec spec;
  spec.device_id = "GPU-a";
  spec.update_period = std::chrono::milliseconds(100);
  ChannelBook book(spec, std::chrono::milliseconds(50));
  book.OpenLedger(1, 0);
  std::vector<SettledRequest> settled;
  std::int64_t now_ns = 0;
  const auto run = [&](std::uint64_t request, int seconds) {
    book.Start({1, request}, now_ns);
    for (int i = 0; i < 10 * seconds; ++i) {
      book.Add({now_ns, now_ns + kSecond / 10, 40'000'000, 0, true}, settled);
      now_ns += kSecond / 10;
    }
    book.End({1, request}, now_ns, RequestFate::kCounted, settled);
  };
  run(1, 40);
  run(2, 20);
  book.Add({now_ns, now_ns + kSecond / 10, 40'000'000, 0, true}, settled);

  ASSERT_EQ(settled.size(), 2U);
  EXPECT_EQ(settled[0].energy.flags & kFlagNotSteady, kFlagNotSteady);
  EXPECT_EQ(settled[1].energy.flags & kFlagNotSteady, 0U);
  EXPECT_EQ(settled[0].energy.status, EnergyStatus::kMeasured);
}

}  // namespace
}  // namespace wattfleet
