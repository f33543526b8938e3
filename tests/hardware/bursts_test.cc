#include "tests/hardware/bursts.h"

#include <cmath>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::hardware {
namespace {

using ::testing::ElementsAre;

TEST(BurstsTest, TimesBetweenChangesAreTold) {
  const std::vector<TimedValue> values = {{0, 5},          {10'000'000, 5}, {20'000'000, 6},
                                          {30'000'000, 6}, {50'000'000, 7}, {60'000'000, 7},
                                          {70'000'000, 7}, {120'000'000, 8}};

  EXPECT_THAT(ChangeGapsMs(values), ElementsAre(30, 70));
}

TEST(BurstsTest, TheAreaUnderARampIsItsMeanTimesItsLength) {
  EXPECT_DOUBLE_EQ(TrapezoidJoules(std::vector<TimedValue>{{0, 100}, {2'000'000'000, 300}}), 400);
  EXPECT_DOUBLE_EQ(TrapezoidJoules(std::vector<TimedValue>{{0, 100}}), 0);
}

TEST(BurstsTest, ScatterIsTheDeviationOverTheMean) {
  EXPECT_NEAR(*RelativeScatter(std::vector<double>{9, 10, 11}), 0.1, 1e-12);
  EXPECT_EQ(RelativeScatter(std::vector<double>{9}), std::nullopt);
  EXPECT_EQ(Quantile({}, 0.5), std::nullopt);
  EXPECT_EQ(Quantile({3, 1, 2}, 0.5), 2);
}

// What a sensor that averages over `window` ms says of a load of 55 ms on and 55 ms off.
std::vector<double> Square(double window) {
  std::vector<double> watts;
  for (int i = 0; i < 2'000; ++i) {
    const double at = std::fmod(i * 7.31, 110.0);
    double on = 0;
    for (int step = 0; step < 100; ++step) {
      const double t = std::fmod(at - window * step / 100 + 110, 110.0);
      on += t < 55 ? 0.01 : 0;
    }
    watts.push_back(70 + 330 * on);
  }
  return watts;
}

TEST(BurstsTest, TheWindowOfASensorIsInferredFromASquareLoad) {
  EXPECT_NEAR(*WindowMs(Square(25), 55), 25, 3);
  EXPECT_NEAR(*WindowMs(Square(10), 55), 10, 2);
  EXPECT_NEAR(*WindowMs(Square(1), 55), 0, 2);
}

TEST(BurstsTest, ASensorThatSeesNoLoadTellsNoWindow) {
  EXPECT_EQ(WindowMs(std::vector<double>(100, 70.0), 55), std::nullopt);
  EXPECT_EQ(WindowMs(std::vector<double>{1, 2}, 55), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::hardware
