#include "common/energy/heat_steadiness.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>

#include <gtest/gtest.h>

namespace wattfleet {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The second at which a temperature, told once a second as a whole number of degrees, counts as
// settled.
std::optional<int> SettledAfter(HeatSteadiness& heat, int seconds,
                                const std::function<double(double)>& celsius, int from = 0) {
  for (int s = 0; s < seconds; ++s) {
    heat.Add((from + s) * kSecond,
             1'000 * static_cast<std::int32_t>(std::lround(celsius(from + s))));
    if (heat.is_steady()) {
      return from + s;
    }
  }
  return std::nullopt;
}

TEST(HeatSteadinessTest, WithoutATemperatureThereIsNothingToWaitFor) {
  HeatSteadiness heat;
  EXPECT_TRUE(heat.is_steady());
  heat.Add(0, 60'000);
  EXPECT_FALSE(heat.is_steady());
}

TEST(HeatSteadinessTest, AConstantTemperatureHasSettledAfterHalfAMinute) {
  HeatSteadiness heat;
  EXPECT_EQ(SettledAfter(heat, 120, [](double) { return 61.0; }), 30);
}

TEST(HeatSteadinessTest, ARiseOfADegreeInTwentySecondsHasNotSettledAndOneInAMinuteHas) {
  HeatSteadiness fast;
  EXPECT_EQ(SettledAfter(fast, 600, [](double s) { return 40 + s / 20; }), std::nullopt);
  HeatSteadiness slow;
  EXPECT_EQ(SettledAfter(slow, 600, [](double s) { return 40 + s / 60; }), 30);
}

// A first-order approach with a time constant of a minute from 35 to 75: the halves' means are half
// a degree apart when the slope is a thirtieth of a degree a second, after about 180 s.
TEST(HeatSteadinessTest, AChipThatWarmsUpHasSettledOnceItsRiseIsADegreeInHalfAMinute) {
  HeatSteadiness heat;
  const auto settled =
      SettledAfter(heat, 600, [](double s) { return 75 - 40 * std::exp(-s / 60); });
  ASSERT_TRUE(settled.has_value());
  EXPECT_GE(*settled, 165);
  EXPECT_LE(*settled, 215);
}

TEST(HeatSteadinessTest, APauseBeginsAnewAndWhatHasSettledStaysSo) {
  HeatSteadiness heat;
  EXPECT_EQ(SettledAfter(heat, 28, [](double) { return 50.0; }), std::nullopt);
  EXPECT_EQ(SettledAfter(
                heat, 100, [](double) { return 50.0; }, 40),
            70);
  heat.Add(200 * kSecond, 90'000);
  heat.Add(201 * kSecond, 20'000);
  EXPECT_TRUE(heat.is_steady());
}

}  // namespace
}  // namespace wattfleet
