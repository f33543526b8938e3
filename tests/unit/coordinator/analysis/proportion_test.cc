#include "coordinator/analysis/proportion.h"

#include <vector>

#include <gtest/gtest.h>

#include "common/random/random.h"

namespace wattfleet::coordinator {
namespace {

TEST(Wilson, EqualsThePublishedFormula) {
  const auto estimate = Wilson(884, 1998);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_NEAR(estimate->value, 0.442442, 1e-6);
  EXPECT_NEAR(*estimate->low, 0.420795, 1e-6);
  EXPECT_NEAR(*estimate->high, 0.464311, 1e-6);
  EXPECT_TRUE(estimate->note.empty());
}

TEST(Wilson, IsNotEmptyAtTheEnds) {
  EXPECT_EQ(Wilson(0, 10)->low, 0.0);
  EXPECT_NEAR(*Wilson(0, 10)->high, 0.277533, 1e-6);
  EXPECT_NEAR(*Wilson(10, 10)->low, 0.722467, 1e-6);
  EXPECT_EQ(Wilson(10, 10)->high, 1.0);
}

TEST(Wilson, SaysNothingWithoutTrials) {
  EXPECT_FALSE(Wilson(0, 0).has_value());
}

TEST(ClusteredProportion, RepeatingAQueryWithTheSameOutcomeAddsNoCertainty) {
  const auto estimate = ClusteredProportion(std::vector<ClusterCell>{
      {.numerator = 3, .denominator = 3, .queries = 100},
      {.numerator = 0, .denominator = 3, .queries = 100},
  });
  ASSERT_TRUE(estimate.has_value());
  EXPECT_DOUBLE_EQ(estimate->value, 0.5);
  EXPECT_NEAR(*estimate->low, *Wilson(100, 200)->low, 0.01);
  EXPECT_NEAR(*estimate->high, *Wilson(100, 200)->high, 0.01);
  EXPECT_LT(*estimate->low, *Wilson(300, 600)->low - 0.02);
}

TEST(ClusteredProportion, IsTheSameEveryTime) {
  const std::vector<ClusterCell> cells = {{.numerator = 2, .denominator = 3, .queries = 40},
                                          {.numerator = 1, .denominator = 3, .queries = 25}};
  EXPECT_EQ(ClusteredProportion(cells), ClusteredProportion(cells));
}

TEST(ClusteredProportion, WeighsHalfDoneQueriesByTheirDecidedRepetitions) {
  const auto estimate = ClusteredProportion(std::vector<ClusterCell>{
      {.numerator = 2, .denominator = 2, .queries = 10},
      {.numerator = 0, .denominator = 1, .queries = 20},
  });
  EXPECT_DOUBLE_EQ(estimate->value, 0.5);
}

TEST(ClusteredProportion, FallsBackToOneTrialPerQueryWhenAllAreAlike) {
  const auto estimate = ClusteredProportion(
      std::vector<ClusterCell>{{.numerator = 3, .denominator = 3, .queries = 100}});
  EXPECT_EQ(*estimate, *Wilson(100, 100));
}

TEST(ClusteredProportion, AgreesWithItselfAcrossTheNormalApproximation) {
  const auto of = [](std::int64_t scale) {
    return ClusteredProportion(
        std::vector<ClusterCell>{{.numerator = 3, .denominator = 3, .queries = 50 * scale},
                                 {.numerator = 1, .denominator = 3, .queries = 50 * scale}});
  };
  const auto exact = of(kBootstrapQueriesMax / 100);
  const auto normal = of(kBootstrapQueriesMax / 100 + 1);
  EXPECT_NEAR(*exact->low, *normal->low, 1e-3);
  EXPECT_NEAR(*exact->high, *normal->high, 1e-3);
}

TEST(ClusteredProportion, SaysNothingWhenNothingIsDecided) {
  EXPECT_FALSE(ClusteredProportion(
                   std::vector<ClusterCell>{{.numerator = 0, .denominator = 0, .queries = 5}})
                   .has_value());
}

// Queries differ in difficulty, so repetitions of one are alike: the truth must lie in the interval
// 95 times of 100, give or take what 400 studies can tell.
TEST(ClusteredProportion, CoversTheTruthAsOftenAsItSays) {
  constexpr int kStudies = 400;
  constexpr int kQueries = 60;
  constexpr int kRepetitions = 3;
  Random random(7);
  int covered = 0;
  for (int study = 0; study < kStudies; ++study) {
    std::vector<ClusterCell> cells;
    for (int query = 0; query < kQueries; ++query) {
      const double difficulty = random.Unit();  // mean accuracy: one half
      ClusterCell cell{.numerator = 0, .denominator = kRepetitions, .queries = 1};
      for (int repetition = 0; repetition < kRepetitions; ++repetition) {
        cell.numerator += random.Chance(difficulty) ? 1 : 0;
      }
      cells.push_back(cell);
    }
    const auto estimate = ClusteredProportion(cells);
    covered += *estimate->low <= 0.5 && 0.5 <= *estimate->high ? 1 : 0;
  }
  EXPECT_GE(covered, kStudies * 92 / 100);
  EXPECT_LE(covered, kStudies * 98 / 100);
}

}  // namespace
}  // namespace wattfleet::coordinator
