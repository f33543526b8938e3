#include "coordinator/analysis/timing.h"

#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

std::vector<std::int64_t> UpTo(std::int64_t n) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(n));
  std::iota(samples.rbegin(), samples.rend(), 1);
  return samples;
}

TEST(NearestRank, IsTheSmallestSampleThatTheShareDoesNotExceed) {
  std::vector<std::int64_t> samples = UpTo(100);
  EXPECT_EQ(NearestRank(samples, 0.50), 50);
  EXPECT_EQ(NearestRank(samples, 0.90), 90);
  EXPECT_EQ(NearestRank(samples, 0.99), 99);
  EXPECT_EQ(NearestRank(samples, 1.00), 100);
  std::vector<std::int64_t> five = {15, 20, 35, 40, 50};
  EXPECT_EQ(NearestRank(five, 0.30), 20);
  EXPECT_EQ(NearestRank(five, 0.40), 20);
  EXPECT_EQ(NearestRank(five, 0.50), 35);
  EXPECT_EQ(NearestRank({}, 0.5), std::nullopt);
}

TEST(Latency, HasA99thPercentileFrom662SamplesOn) {
  EXPECT_FALSE(Latency(ColumnsOf(std::string(661, 'c'))).p99.has_value());
  EXPECT_TRUE(Latency(ColumnsOf(std::string(662, 'c'))).p99.has_value());
}

TEST(Latency, LeavesOutWhatIsNotCompletedOrHasSpoiledTiming) {
  UnitColumns columns = ColumnsOf("cnpwf.");
  columns.duration_ns = {1'000'000'000,  2'000'000'000,  3'000'000'000,
                         90'000'000'000, 80'000'000'000, 0};
  columns.flags[3] = kFlagWarmup;
  const TimingFigures latency = Latency(columns);
  EXPECT_DOUBLE_EQ(*latency.mean, 2.0);
  EXPECT_DOUBLE_EQ(*latency.p50, 2.0);
  EXPECT_DOUBLE_EQ(*latency.p90, 3.0);
}

TEST(Latency, AveragesRepetitionsFirstAndTakesPercentilesOverResults) {
  UnitColumns columns = ColumnsOf("cccf", 2);
  columns.duration_ns = {1'000'000'000, 8'000'000'000, 3'000'000'000, 0};
  const TimingFigures latency = Latency(columns);
  EXPECT_DOUBLE_EQ(*latency.mean, (2.0 + 8.0) / 2);
  EXPECT_DOUBLE_EQ(*latency.p50, 3.0);
}

TEST(Latency, IsAbsentWithoutResults) {
  const TimingFigures latency = Latency(ColumnsOf("f.q"));
  EXPECT_FALSE(latency.mean || latency.p50 || latency.p90 || latency.p99);
}

TEST(TimeToFirstToken, IsOfResultsWhoseFirstChunkWasSeen) {
  UnitColumns columns = ColumnsOf("ccc");
  columns.ttft_ns = {std::nullopt, 200'000'000, 400'000'000};
  EXPECT_NEAR(*TimeToFirstToken(columns).mean, 0.3, 1e-12);
}

TEST(ShareBusyTime, SplitsEachMomentAmongThoseThenPresent) {
  UnitColumns columns = ColumnsOf("ccc");
  // Unit 0 over [0, 4) s, unit 1 over [1, 3) s, unit 2 on another instance over [0, 4) s.
  columns.sent_unix_ms = {0, 1000, 0};
  columns.duration_ns = {4'000'000'000, 2'000'000'000, 4'000'000'000};
  columns.instance = {0, 0, 1};
  ShareBusyTime(columns);
  const std::vector<double>& shares = columns.busy_seconds;
  EXPECT_DOUBLE_EQ(shares[0], 3.0);
  EXPECT_DOUBLE_EQ(shares[1], 1.0);
  EXPECT_DOUBLE_EQ(shares[2], 4.0);
}

TEST(ShareBusyTime, DoesNotCountTheTimeBetweenRequests) {
  UnitColumns columns = ColumnsOf("ccc");
  columns.sent_unix_ms = {10'000, 1000, 0};
  columns.duration_ns = {1'000'000'000, 2'000'000'000, 0};
  ShareBusyTime(columns);
  const std::vector<double>& shares = columns.busy_seconds;
  EXPECT_DOUBLE_EQ(std::accumulate(shares.begin(), shares.end(), 0.0), 3.0);
}

}  // namespace
}  // namespace wattfleet::coordinator
