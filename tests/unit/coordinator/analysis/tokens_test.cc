#include "coordinator/analysis/tokens.h"

#include <gtest/gtest.h>

#include "coordinator/analysis/timing.h"
#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

TEST(Tokens, MeansAreOverQueriesWhoseCountIsKnown) {
  UnitColumns columns = ColumnsOf("cw.f");
  columns.input_tokens = {100, std::nullopt, 900, 900};
  columns.output_tokens = {10, 30, 900, 900};
  const TokenFigures tokens = CountTokens(columns);
  EXPECT_DOUBLE_EQ(*tokens.input_mean, 100);
  EXPECT_DOUBLE_EQ(*tokens.output_mean, 20);
  EXPECT_FALSE(tokens.reasoning_mean.has_value());
}

TEST(Tokens, OutputPerSecondIsOfTheTimeInRequestsWhenIsolated) {
  UnitColumns columns = ColumnsOf("ccc");
  columns.output_tokens = {30, 50, 10'000};
  columns.duration_ns = {3'000'000'000, 1'000'000'000, 1'000'000'000};
  columns.flags[2] = kFlagWarmup;
  EXPECT_DOUBLE_EQ(*CountTokens(columns).output_per_second, 20);
}

TEST(Tokens, OutputPerSecondIsOfTheBusyTimeWhenServed) {
  UnitColumns columns = ColumnsOf("cc");
  columns.output_tokens = {30, 50};
  columns.duration_ns = {2'000'000'000, 2'000'000'000};
  ShareBusyTime(columns);
  EXPECT_DOUBLE_EQ(*CountTokens(columns).output_per_second, 40);
}

TEST(Tokens, CachedShareIsOfResultsWhereBothCountsAreKnown) {
  UnitColumns columns = ColumnsOf("ccc");
  columns.input_tokens = {100, 300, 500};
  columns.cached_tokens = {0, 40, std::nullopt};
  EXPECT_DOUBLE_EQ(*CountTokens(columns).cached_input_share, 0.1);
  EXPECT_FALSE(CountTokens(ColumnsOf("cc")).cached_input_share.has_value());
}

TEST(Tokens, TruncatedShareIsOfCompletedResults) {
  UnitColumns columns = ColumnsOf("ccccf.");
  columns.flags[1] = kFlagTruncated;
  EXPECT_DOUBLE_EQ(*CountTokens(columns).truncated_share, 0.25);
}

TEST(Tokens, MedianInputIsTheMiddleOfTheKnown) {
  UnitColumns columns = ColumnsOf("cccc");
  columns.input_tokens = {700, std::nullopt, 100, 300};
  EXPECT_EQ(MedianInputTokens(columns), 300);
  EXPECT_EQ(MedianInputTokens(ColumnsOf("cc")), std::nullopt);
}

TEST(Cost, BillsCachedInputAtItsOwnPrice) {
  UnitColumns columns = ColumnsOf("cw");
  columns.input_tokens = {1000, 2000};
  columns.cached_tokens = {400, std::nullopt};
  columns.output_tokens = {100, 50};
  const Price price{.input_per_million = 10,
                    .output_per_million = 30,
                    .cached_input_per_million = 1,
                    .as_of = "2026-11-01"};
  // 600 x 10 + 400 x 1 + 100 x 30 = 9,400; 2,000 x 10 + 50 x 30 = 21,500; per million.
  EXPECT_DOUBLE_EQ(*CostPerQuery(columns, price), (0.0094 + 0.0215) / 2);
}

TEST(Cost, BillsCachedInputAsInputWhereItHasNoPrice) {
  UnitColumns columns = ColumnsOf("c");
  columns.input_tokens = {1000};
  columns.cached_tokens = {400};
  columns.output_tokens = {0};
  const Price price{.input_per_million = 10,
                    .output_per_million = 30,
                    .cached_input_per_million = std::nullopt,
                    .as_of = ""};
  EXPECT_DOUBLE_EQ(*CostPerQuery(columns, price), 0.01);
}

TEST(Cost, IsUnknownWithoutAPriceOrTokens) {
  UnitColumns columns = ColumnsOf("c");
  EXPECT_EQ(CostPerQuery(columns, Price{}), std::nullopt);
  columns.input_tokens = {1};
  columns.output_tokens = {1};
  EXPECT_EQ(CostPerQuery(columns, std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::coordinator
