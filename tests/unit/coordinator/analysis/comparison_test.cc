#include "coordinator/analysis/comparison.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Compare, CountsDiscordantQueriesAmongThoseDecidedByBoth) {
  const PairedOutcomes outcomes =
      Compare(OutcomesOf(ColumnsOf("ccwwcfn")), OutcomesOf(ColumnsOf("cwcwfcc")));
  EXPECT_EQ(outcomes.queries, 5);
  EXPECT_EQ(outcomes.only_a, 1);
  EXPECT_EQ(outcomes.only_b, 2);
}

TEST(AccuracyDifference, EqualsBonettAndPricesFormula) {
  const auto difference = AccuracyDifference({.queries = 40, .only_a = 9, .only_b = 1});
  EXPECT_DOUBLE_EQ(difference->value, 0.2);
  EXPECT_NEAR(*difference->low, 0.039433, 1e-6);
  EXPECT_NEAR(*difference->high, 0.341519, 1e-6);
  EXPECT_FALSE(AccuracyDifference({}).has_value());
}

TEST(McNemar, EqualsTheBinomialSum) {
  EXPECT_NEAR(McNemarExact(1, 9), 22.0 / 1024, 1e-12);
  EXPECT_NEAR(McNemarExact(9, 1), 22.0 / 1024, 1e-12);
  EXPECT_NEAR(McNemarExact(0, 6), 2.0 / 64, 1e-12);
  EXPECT_NEAR(McNemarExact(480, 560), 0.014259079, 1e-8);
}

TEST(McNemar, IsOneWhenNothingPointsEitherWay) {
  EXPECT_DOUBLE_EQ(McNemarExact(0, 0), 1);
  EXPECT_DOUBLE_EQ(McNemarExact(5, 5), 1);
}

TEST(McNemar, HoldsForAMillionQueries) {
  // The normal approximation is good to three digits here: z = 2,000 / sqrt(1,002,000).
  EXPECT_NEAR(McNemarExact(500'000, 502'000), 0.0457, 0.0003);
  EXPECT_DOUBLE_EQ(McNemarExact(0, 1'000'000), 0);
}

TEST(Holm, MultipliesTheSmallestMostAndNeverTurnsTheOrder) {
  const std::vector<double> p = {0.01, 0.04, 0.03};
  EXPECT_THAT(HolmAdjusted(p), ElementsAre(DoubleEq(0.03), DoubleEq(0.06), DoubleEq(0.06)));
  const std::vector<double> large = {0.9, 0.8};
  EXPECT_THAT(HolmAdjusted(large), ElementsAre(1.0, 1.0));
  EXPECT_THAT(HolmAdjusted({}), IsEmpty());
}

TEST(QuantizationBits, ReadsTheFirstNumber) {
  EXPECT_EQ(QuantizationBits("q4_k_m"), 4);
  EXPECT_EQ(QuantizationBits("awq-int4"), 4);
  EXPECT_EQ(QuantizationBits("bf16"), 16);
  EXPECT_EQ(QuantizationBits("fp8"), 8);
  EXPECT_EQ(QuantizationBits("gptq"), std::nullopt);
  EXPECT_EQ(QuantizationBits("20250801"), std::nullopt);
}

TEST(MatchWeights, CallsWeightsTheSameByDigestOnly) {
  EXPECT_EQ(MatchWeights("d", "d", "q4_0", "q8_0"), WeightsMatch::kSameWeights);
  EXPECT_EQ(MatchWeights("", "", "q4_0", "q4_0"), WeightsMatch::kSameQuantizationClass);
  EXPECT_EQ(MatchWeights("d", "e", "q4_k_m", "awq-int4"), WeightsMatch::kSameQuantizationClass);
  EXPECT_EQ(MatchWeights("d", "e", "q4_k_m", "bf16"), WeightsMatch::kSameBaseModel);
  EXPECT_EQ(MatchWeights("d", "", "", ""), WeightsMatch::kSameBaseModel);
}

}  // namespace
}  // namespace wattfleet::coordinator
