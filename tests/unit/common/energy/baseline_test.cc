#include "common/energy/baseline.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace wattfleet {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::chrono::seconds kWindow(1);

// One interval per second of each power, shifted by 30 ms against the windows.
std::vector<EnergyInterval> Seconds(const std::vector<double>& watts) {
  std::vector<EnergyInterval> intervals;
  std::int64_t at_ns = -30'000'000;
  for (const double power : watts) {
    intervals.push_back({at_ns, at_ns + kSecond, static_cast<Microjoules>(power * 1e6), 0, true});
    at_ns += kSecond;
  }
  return intervals;
}

TEST(BaselineTest, IsTheMedianOfTheWindowMeans) {
  const auto intervals = Seconds({70, 70, 71, 70, 69, 70, 90, 70, 70});

  const auto baseline = EstimateBaseline(intervals, 0, 8 * kSecond, kWindow);

  ASSERT_TRUE(baseline.has_value());
  EXPECT_NEAR(static_cast<double>(baseline->idle_uw), 70e6, 0.1e6);
  EXPECT_LT(baseline->uncertainty_uw, 500'000);
}

TEST(BaselineTest, IsNothingWhenPowerIsUnsteady) {
  const auto intervals = Seconds({70, 100, 70, 130, 60, 110, 70, 150, 70});

  EXPECT_EQ(EstimateBaseline(intervals, 0, 8 * kSecond, kWindow), std::nullopt);
}

TEST(BaselineTest, AWattOfUnrestIsAcceptedAtLowPower) {
  const auto intervals = Seconds({3, 3.5, 2.5, 3, 3.5, 2.5, 3, 3.5, 3});

  EXPECT_TRUE(EstimateBaseline(intervals, 0, 8 * kSecond, kWindow).has_value());
}

TEST(BaselineTest, IsNothingWhereSomeOfTheTimeWasNotMeasured) {
  auto intervals = Seconds({70, 70, 70, 70, 70, 70, 70, 70, 70});
  intervals[4].measured = false;

  EXPECT_EQ(EstimateBaseline(intervals, 0, 8 * kSecond, kWindow), std::nullopt);
  EXPECT_EQ(EstimateBaseline(Seconds({70, 70}), 0, 8 * kSecond, kWindow), std::nullopt);
}

TEST(BaselineTest, IsNothingFromFewerThanThreeWindows) {
  EXPECT_EQ(EstimateBaseline(Seconds({70, 70, 70}), 0, 2 * kSecond, kWindow), std::nullopt);
}

}  // namespace
}  // namespace wattfleet
