#include "coordinator/analysis/distribution.h"

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;

TEST(Distribution, OfNothingIsAbsent) {
  std::vector<double> none;
  EXPECT_FALSE(DistributionOf(none).has_value());
}

TEST(Distribution, HasNearestRanksWhateverTheOrder) {
  std::vector<double> values(100);
  std::iota(values.rbegin(), values.rend(), 1);
  const auto distribution = DistributionOf(values);
  ASSERT_TRUE(distribution.has_value());
  EXPECT_EQ(distribution->count, 100);
  EXPECT_EQ(distribution->p05, 5);
  EXPECT_EQ(distribution->p25, 25);
  EXPECT_EQ(distribution->p50, 50);
  EXPECT_EQ(distribution->p75, 75);
  EXPECT_EQ(distribution->p95, 95);
}

TEST(Distribution, OfOneValueIsThatValue) {
  std::vector<double> values = {3};
  const auto distribution = DistributionOf(values);
  EXPECT_EQ(distribution->p05, 3);
  EXPECT_EQ(distribution->p95, 3);
}

TEST(Distribution, HasEdgesThatDoNotDependOnTheValues) {
  std::vector<double> values = {1, 1.24, 1.25, 2, 2.49, 2.5, 7, 0, 0.5};
  EXPECT_THAT(DistributionOf(values)->bins,
              ElementsAre(HistogramBin{0, 0, 1}, HistogramBin{0.5, 0.625, 1},
                          HistogramBin{1, 1.25, 2}, HistogramBin{1.25, 1.5, 1},
                          HistogramBin{2, 2.5, 2}, HistogramBin{2.5, 3, 1}, HistogramBin{7, 8, 1}));
}

TEST(Distribution, EveryValueLiesInItsBin) {
  for (double value = 1e-9; value < 1e9; value *= 1.037) {
    std::vector<double> one = {value};
    const HistogramBin bin = DistributionOf(one)->bins.at(0);
    EXPECT_LE(bin.low, value);
    EXPECT_GT(bin.high, value);
    EXPECT_LE(bin.high / bin.low, 1.25);
  }
}

TEST(LatencyDistribution, LeavesOutWhatIsNotCompletedOrHasSpoiledTiming) {
  UnitColumns columns = ColumnsOf("cnpwf.");
  columns.duration_ns = {1'000'000'000,  2'000'000'000,  3'000'000'000,
                         90'000'000'000, 80'000'000'000, 0};
  columns.flags[3] = kFlagWarmup;
  const auto distribution = LatencyDistribution(columns);
  EXPECT_EQ(distribution->count, 3);
  EXPECT_DOUBLE_EQ(distribution->p95, 3);
}

TEST(EnergyDistribution, IsOverTheDecidedAndMeasuredResultsOutsideWarmUp) {
  UnitColumns columns = ColumnsOf("cwnpc");
  for (std::size_t unit = 0; unit < 4; ++unit) {
    SetMeasured(columns, unit, 10.0 * static_cast<double>(unit + 1), 1);
  }
  columns.flags[0] = kFlagWarmup;
  const auto distribution = EnergyDistribution(columns);
  EXPECT_EQ(distribution->count, 2);  // 20 J and 30 J: unit 3 is not judged, unit 4 not measured
  EXPECT_DOUBLE_EQ(distribution->p05, 20);
  EXPECT_DOUBLE_EQ(distribution->p95, 30);
}

TEST(EnergyDistribution, IsAbsentWhereNothingWasMeasured) {
  EXPECT_FALSE(EnergyDistribution(ColumnsOf("cwn")).has_value());
}

}  // namespace
}  // namespace wattfleet::coordinator
