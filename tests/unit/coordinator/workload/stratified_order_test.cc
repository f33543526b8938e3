#include "coordinator/workload/stratified_order.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

constexpr std::uint64_t kSeed = 7;
const std::vector<std::uint32_t>& Sizes() {
  static const auto& sizes = *new std::vector<std::uint32_t>{1, 3, 100, 717, 2000};
  return sizes;
}

std::vector<std::string> Strata() {
  return {"a", "b", "c", "d", "e"};
}

// Rows stratum by stratum, as files have them.
std::vector<OrderedRow> Rows(std::uint64_t seed) {
  std::vector<OrderedRow> rows;
  for (std::uint32_t stratum = 0; stratum < Sizes().size(); ++stratum) {
    for (std::uint32_t i = 0; i < Sizes()[stratum]; ++i) {
      rows.push_back({.draw = DrawOf(absl::StrCat(stratum, "-", i), seed),
                      .stratum = stratum,
                      .row = static_cast<std::uint32_t>(rows.size())});
    }
  }
  return rows;
}

std::vector<std::uint32_t> OrderOf(std::vector<OrderedRow> rows, std::uint64_t seed) {
  StratifiedOrder(Strata(), seed, rows);
  std::vector<std::uint32_t> order;
  for (const OrderedRow& row : rows) {
    order.push_back(row.row);
  }
  return order;
}

TEST(StratifiedOrderTest, KeepsEveryRowOnce) {
  std::vector<std::uint32_t> order = OrderOf(Rows(kSeed), kSeed);
  std::sort(order.begin(), order.end());

  for (std::uint32_t i = 0; i < order.size(); ++i) {
    ASSERT_EQ(order[i], i);
  }
}

TEST(StratifiedOrderTest, MakesEveryPrefixHoldEachStratumByItsShare) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    std::vector<OrderedRow> rows = Rows(seed);
    StratifiedOrder(Strata(), seed, rows);
    std::vector<double> seen(Sizes().size(), 0);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      ++seen[rows[k].stratum];
      for (std::size_t s = 0; s < seen.size(); ++s) {
        const double share = static_cast<double>(Sizes()[s]) * static_cast<double>(k + 1) /
                             static_cast<double>(rows.size());
        ASSERT_LE(std::abs(seen[s] - share), 3.0) << "seed " << seed << " prefix " << k + 1;
      }
    }
  }
}

TEST(StratifiedOrderTest, ShufflesWithinAStratum) {
  const std::vector<std::uint32_t> order = OrderOf(Rows(kSeed), kSeed);

  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  const auto first_of_e =
      std::find_if(order.begin(), order.end(), [](auto row) { return row >= 821; });
  EXPECT_NE(*first_of_e, 821U);
}

TEST(StratifiedOrderTest, DependsOnTheSeed) {
  EXPECT_NE(OrderOf(Rows(1), 1), OrderOf(Rows(2), 2));
  EXPECT_EQ(OrderOf(Rows(1), 1), OrderOf(Rows(1), 1));
}

TEST(StratifiedOrderTest, DoesNotDependOnTheOrderOfRows) {
  std::vector<OrderedRow> backwards = Rows(kSeed);
  std::reverse(backwards.begin(), backwards.end());

  EXPECT_EQ(OrderOf(backwards, kSeed), OrderOf(Rows(kSeed), kSeed));
}

TEST(DrawOfTest, IsTheSameOnEveryPlatform) {
  EXPECT_EQ(DrawOf("question-1", 1), 14895641675587410760U);
}

}  // namespace
}  // namespace wattfleet::coordinator
