#include "common/random/random.h"

#include <array>

#include <gtest/gtest.h>

namespace wattfleet {
namespace {

TEST(RandomTest, OneSeedMeansOneSequenceOnEveryPlatform) {
  // The 10,000th output of mt19937_64 with its default seed, from the C++ standard [rand.predef].
  Random random(5489);
  std::uint64_t value = 0;
  for (int i = 0; i < 10'000; ++i) {
    value = random.Next64();
  }
  EXPECT_EQ(value, 9981545732273789042ULL);
}

TEST(RandomTest, BelowCoversItsRangeEvenly) {
  Random random(1);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) {
    ++counts.at(random.Below(7));
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10'000, 500);
  }
}

TEST(RandomTest, UnitStaysBelowOne) {
  Random random(2);
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.Unit();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
  }
}

}  // namespace
}  // namespace wattfleet
