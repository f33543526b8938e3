#include "common/energy/largest_remainder.h"

#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "common/random/random.h"

namespace wattfleet {
namespace {

Microjoules SumOfShares(const std::vector<Portion>& portions) {
  return std::accumulate(portions.begin(), portions.end(), Microjoules{0},
                         [](Microjoules sum, const Portion& p) { return sum + p.share; });
}

TEST(LargestRemainderTest, GivesTheRestToTheLargestRemainder) {
  std::vector<Portion> portions = {{.weight = 1, .order = 0}, {.weight = 2, .order = 1}};

  LargestRemainder().Split(10, portions);

  EXPECT_EQ(portions[0].share, 3);
  EXPECT_EQ(portions[1].share, 7);
}

TEST(LargestRemainderTest, TiesGoToTheLowerOrderWhateverThePosition) {
  std::vector<Portion> portions = {{.weight = 5, .order = 8}, {.weight = 5, .order = 3}};

  LargestRemainder().Split(7, portions);

  EXPECT_EQ(portions[0].share, 3);
  EXPECT_EQ(portions[1].share, 4);
}

TEST(LargestRemainderTest, SumsToTheAmountForAnyWeights) {
  Random random(11);
  LargestRemainder split;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Portion> portions(1 + random.Below(64));
    for (std::size_t i = 0; i < portions.size(); ++i) {
      portions[i].weight = random.Below(1ULL << random.Below(50));
      portions[i].order = i;
      portions[i].carry = random.Unit() - 0.5;
    }
    portions[0].weight += 1;
    const auto amount = static_cast<Microjoules>(random.Below(1ULL << random.Below(50)));

    split.Split(amount, portions);

    ASSERT_EQ(SumOfShares(portions), amount) << "round " << round;
    for (const Portion& portion : portions) {
      ASSERT_GE(portion.share, 0);
      ASSERT_TRUE(portion.weight > 0 || portion.share == 0);
    }
  }
}

TEST(LargestRemainderTest, CarryKeepsEqualPartiesWithinOneMicrojouleForEver) {
  LargestRemainder split;
  std::vector<Portion> portions(3);
  std::vector<Microjoules> totals(3, 0);
  for (std::size_t i = 0; i < 3; ++i) {
    portions[i].weight = 77;
    portions[i].order = i;
  }

  for (int round = 0; round < 1'000; ++round) {
    split.Split(100 + round % 3, portions);
    for (std::size_t i = 0; i < 3; ++i) {
      totals[i] += portions[i].share;
    }
  }

  EXPECT_LE(std::abs(totals[0] - totals[1]), 1);
  EXPECT_LE(std::abs(totals[0] - totals[2]), 1);
}

}  // namespace
}  // namespace wattfleet
