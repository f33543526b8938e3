#include "coordinator/analysis/block_interval.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/random/random.h"
#include "coordinator/analysis/energy_intervals.h"
#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

struct Parts {
  std::vector<double> sums;
  std::vector<double> counts;
  std::vector<Factor> Mean() const {
    return {{.sums = sums, .exponent = 1}, {.sums = counts, .exponent = -1}};
  }
};

template <typename ValueOf>
Parts PartsOf(std::size_t n, const ValueOf& value_of) {
  const std::size_t parts = std::min(n, kPartsMax);
  Parts result{.sums = std::vector<double>(parts), .counts = std::vector<double>(parts)};
  for (std::size_t i = 0; i < n; ++i) {
    result.sums[i * parts / n] += value_of(i);
    result.counts[i * parts / n] += 1;
  }
  return result;
}

TEST(BlockInterval, IsAsWideAsTheSlowPartOfTheSpreadSays) {
  // Expected: studies_oracle.py, blocks(), without resampling.
  std::int64_t x = 1;
  const Parts parts = PartsOf(640, [&x](std::size_t) {
    x = x * 48271 % 2147483647;
    return 100.0 + static_cast<double>(x % 101);
  });
  const auto estimate = BlockInterval(parts.Mean(), {});
  ASSERT_TRUE(estimate && estimate->low && estimate->high) << estimate->note;
  EXPECT_NEAR(estimate->value, 150.440625, 1e-9);
  EXPECT_NEAR(*estimate->high - estimate->value, 1.7286, 0.08 * 1.7286);
  EXPECT_NEAR(estimate->value - *estimate->low, 1.7286, 0.08 * 1.7286);
}

TEST(BlockInterval, IsTheSameEveryTime) {
  const Parts parts = PartsOf(300, [](std::size_t i) { return static_cast<double>(i * 37 % 101); });
  EXPECT_EQ(BlockInterval(parts.Mean(), {}), BlockInterval(parts.Mean(), {}));
}

double WidthOf(const std::vector<double>& values) {
  const Parts parts = PartsOf(values.size(), [&](std::size_t i) { return values[i]; });
  const auto estimate = BlockInterval(parts.Mean(), {});
  return estimate && estimate->low ? *estimate->high - *estimate->low : NAN;
}

TEST(BlockInterval, IsWiderWhereNeighboursAreAlike) {
  Random random(7);
  constexpr int kTimes = 40;
  double sum = 0;
  for (int time = 0; time < kTimes; ++time) {
    std::vector<double> alike;
    std::vector<double> unlike;
    for (int i = 0; i < 2000; ++i) {
      alike.push_back(i % 8 == 0 ? 100 + 50 * random.Unit() : alike.back());
      unlike.push_back(100 + 50 * random.Unit());
    }
    sum += std::log(WidthOf(alike) / WidthOf(unlike));
  }
  // Eight alike are worth one: sqrt(8) times as wide.
  EXPECT_NEAR(std::exp(sum / kTimes), std::sqrt(8.0), 0.4);
}

TEST(BlockInterval, IsWiderForDriftOfAHundredthOfTheRun) {
  // Of an Ornstein-Uhlenbeck process with correlation time T the mean of n values varies by
  // 2 T / n of the variance of one.
  constexpr int kTimes = 40;
  constexpr double kTime = 20;
  Random random(7);
  double sum = 0;
  int known = 0;
  for (int time = 0; time < kTimes; ++time) {
    double wander = 0;
    std::vector<double> values;
    for (int i = 0; i < 3000; ++i) {
      const double kick = std::sqrt(12.0) * (random.Unit() - 0.5);
      wander = std::exp(-1 / kTime) * wander + std::sqrt(1 - std::exp(-2 / kTime)) * kick;
      if (i >= 1000) {
        values.push_back(100 + wander);
      }
    }
    const double width = WidthOf(values);
    if (!std::isnan(width)) {
      ++known;
      sum += std::log(width);
    }
  }
  EXPECT_GT(known, kTimes / 2);
  const double deviation = std::sqrt(2 * kTime / 2000);
  EXPECT_GT(std::exp(sum / known), 2 * 1.96 * deviation);
  EXPECT_LT(std::exp(sum / known), 2 * 1.96 * deviation * 1.4);
}

TEST(BlockInterval, SaysNothingWhereDriftIsAsLongAsTheRun) {
  const Parts parts = PartsOf(
      5000, [](std::size_t i) { return 100 + 5 * std::sin(static_cast<double>(i) / 1500); });
  const auto estimate = BlockInterval(parts.Mean(), {});
  ASSERT_TRUE(estimate.has_value());
  EXPECT_EQ(estimate->note, kTooFewBlocks);
  EXPECT_FALSE(estimate->low || estimate->high);
}

TEST(BlockInterval, DriftOfThePowerIsMindedWhereTheQueriesOwnSpreadHidesIt) {
  Random random(7);
  std::vector<double> watts;
  std::vector<double> joules;
  for (int i = 0; i < 4000; ++i) {
    watts.push_back(100 + 2 * std::sin(i / 1500.0));
    joules.push_back(watts.back() * (0.2 + random.Unit()));
  }
  const Parts power = PartsOf(4000, [&](std::size_t i) { return watts[i]; });
  const Parts energy = PartsOf(4000, [&](std::size_t i) { return joules[i]; });
  EXPECT_TRUE(BlockInterval(energy.Mean(), {})->low.has_value()) << "nothing to be seen in it";
  const std::vector<PowerDrift> drifts = {DriftOf(power.Mean())};
  EXPECT_TRUE(drifts[0].is_slow);
  EXPECT_EQ(BlockInterval(energy.Mean(), drifts)->note, kTooFewBlocks);
}

TEST(BlockInterval, NeedsTwoHundredQueries) {
  const auto of = [](std::size_t n) {
    const Parts parts =
        PartsOf(n, [](std::size_t i) { return 5 + static_cast<double>(i * 37 % 101); });
    return BlockInterval(parts.Mean(), {});
  };
  EXPECT_EQ(of(1)->note, kTooFewBlocks);
  EXPECT_EQ(of(199)->note, kTooFewBlocks);
  EXPECT_TRUE(of(400)->low.has_value());
}

TEST(BlockInterval, ZeroHasNoIntervalAndWithoutADenominatorThereIsNoFigure) {
  const std::vector<double> ones(300, 1);
  const std::vector<double> zeros(300, 0);
  const std::vector<Factor> none = {{.sums = zeros, .exponent = 1}, {.sums = ones, .exponent = -1}};
  EXPECT_EQ(BlockInterval(none, {})->note, kNoneCorrect);
  EXPECT_EQ(BlockInterval(none, {})->value, 0);
  const std::vector<Factor> by_zero = {{.sums = ones, .exponent = 1},
                                       {.sums = zeros, .exponent = -1}};
  EXPECT_FALSE(BlockInterval(by_zero, {}).has_value());
}

// 400 queries on a device of `watts`, whose times and answers depend on the query.
UnitColumns OnDevice(double watts, double seconds_per_second) {
  Random random(3);
  std::string outcomes;
  for (int i = 0; i < 400; ++i) {
    outcomes += random.Chance(0.5) ? 'c' : 'w';
  }
  UnitColumns columns = ColumnsOf(outcomes);
  for (std::size_t unit = 0; unit < 400; ++unit) {
    const double seconds = (1 + 9 * random.Unit()) * seconds_per_second;
    SetMeasured(columns, unit, watts * seconds, seconds);
  }
  return columns;
}

TEST(EnergyIntervals, EveryFigureHasItsIntervalAroundItsValue) {
  const EnergyFigures figures = MeasuredFigures(OnDevice(40, 1), {});
  const EnergyEstimates estimates = EstimatesOf(figures);
  for (const auto& estimate :
       {estimates.joules_per_query, estimates.joules_per_correct, estimates.ipj, estimates.ipw}) {
    ASSERT_TRUE(estimate && estimate->low && estimate->high);
    EXPECT_LT(*estimate->low, estimate->value);
    EXPECT_GT(*estimate->high, estimate->value);
  }
  EXPECT_EQ(estimates.joules_per_query->value, figures.means->joules_per_query);
  EXPECT_EQ(estimates.ipw->value, *figures.ipw);
  EXPECT_NEAR(*estimates.ipj->low * *estimates.joules_per_correct->high, 1, 0.02);
}

TEST(EnergyIntervals, WhatBothSidesShareLeavesTheirRatio) {
  // The same queries, each half as long at ten times the power: IPJ's ratio is exactly 1 / 5.
  const EnergyFigures slow = MeasuredFigures(OnDevice(40, 1), {});
  const EnergyFigures fast = MeasuredFigures(OnDevice(400, 0.5), {});
  const EnergyRatios ratios = RatiosOf(fast, slow);
  ASSERT_TRUE(ratios.ipj && ratios.ipw && ratios.joules_per_correct);
  EXPECT_NEAR(ratios.ipj->value, 1.0 / 5, 1e-6);
  EXPECT_NEAR(ratios.ipw->value, 1.0 / 10, 1e-6);
  EXPECT_NEAR(ratios.joules_per_correct->value, 5, 1e-5);
  const Estimate alone = EstimatesOf(slow).ipj.value_or(Estimate{});
  EXPECT_LT(ratios.ipj->high.value_or(1) - ratios.ipj->low.value_or(1), 0.01);
  EXPECT_GT((*alone.high - *alone.low) / alone.value, 0.1);
}

TEST(EnergyIntervals, PairsWithoutFiguresHaveNoRatio) {
  const EnergyFigures measured = MeasuredFigures(OnDevice(40, 1), {});
  UnitColumns columns = ColumnsOf(std::string(400, 'c'));
  const EnergyRatios ratios = RatiosOf(MeasuredFigures(columns, {}), measured);
  EXPECT_FALSE(ratios.ipw || ratios.ipj || ratios.joules_per_correct);
}

}  // namespace
}  // namespace wattfleet::coordinator
