#include "coordinator/analysis/outcome.h"

#include <vector>

#include <gtest/gtest.h>

#include "coordinator/analysis/proportion.h"
#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

TEST(Outcomes, EveryUnitIsExactlyOneOfFour) {
  const OutcomeTally tally = TallyAll(ColumnsOf("ccwwwnpfq."));
  EXPECT_EQ(tally.queries(), 10);
  EXPECT_DOUBLE_EQ(tally.correct(), 2);
  EXPECT_DOUBLE_EQ(tally.wrong(), 3);
  EXPECT_DOUBLE_EQ(tally.no_answer(), 1);
  EXPECT_DOUBLE_EQ(tally.pending(), 4);
}

TEST(Outcomes, NoAnswerCountsAsWrongInAccuracyAndNotInExtractable) {
  const OutcomeTally tally = TallyAll(ColumnsOf("ccwn"));
  EXPECT_EQ(tally.Accuracy(), Wilson(2, 4));
  EXPECT_EQ(tally.AccuracyExtractable(), Wilson(2, 3));
}

TEST(Outcomes, CoverageIsOfAllQueriesAndBoundedByWhatIsPending) {
  const OutcomeTally tally = TallyAll(ColumnsOf("ccw."));
  EXPECT_DOUBLE_EQ(tally.Accuracy()->value, 2.0 / 3);
  EXPECT_DOUBLE_EQ(tally.Coverage()->value, 0.5);
  EXPECT_DOUBLE_EQ(*tally.CoverageIfPendingWrong(), 0.5);
  EXPECT_DOUBLE_EQ(*tally.CoverageIfPendingRight(), 0.75);
}

TEST(Outcomes, RepetitionsOfAQueryAreAveragedFirst) {
  // Three queries twice over: c,w / c,c / n,pending.
  const OutcomeTally tally = TallyAll(ColumnsOf("ccnwcp", 2));
  EXPECT_EQ(tally.queries(), 3);
  EXPECT_DOUBLE_EQ(tally.correct(), 1.5);
  EXPECT_DOUBLE_EQ(tally.wrong(), 0.5);
  EXPECT_DOUBLE_EQ(tally.no_answer(), 0.5);
  EXPECT_DOUBLE_EQ(tally.pending(), 0.5);
  EXPECT_DOUBLE_EQ(tally.Accuracy()->value, 1.5 / 2.5);
  EXPECT_DOUBLE_EQ(tally.Coverage()->value, 0.5);
}

TEST(Outcomes, NothingDecidedHasNoAccuracyAndZeroCoverageSoFar) {
  const OutcomeTally tally = TallyAll(ColumnsOf(".."));
  EXPECT_FALSE(tally.Accuracy().has_value());
  EXPECT_DOUBLE_EQ(tally.Coverage()->value, 0);
  EXPECT_DOUBLE_EQ(*tally.CoverageIfPendingRight(), 1);
}

TEST(Outcomes, NoQueriesHaveNoCoverage) {
  const OutcomeTally tally = TallyAll(ColumnsOf(""));
  EXPECT_FALSE(tally.Coverage().has_value());
  EXPECT_FALSE(tally.CoverageIfPendingWrong().has_value());
}

TEST(Outcomes, GroupsAreCountedApartAndMacroWeighsThemAlike) {
  const std::vector<std::int32_t> groups = {0, 1, 0, 0, 2};
  const std::vector<OutcomeTally> tallies = TallyByGroup(ColumnsOf("ccwwp"), groups, 3);
  EXPECT_EQ(tallies[0].queries(), 3);
  EXPECT_DOUBLE_EQ(tallies[0].correct(), 1);
  EXPECT_DOUBLE_EQ(tallies[1].correct(), 1);
  // 1/3 and 1; the third group has nothing decided.
  EXPECT_DOUBLE_EQ(*MacroAccuracy(tallies), (1.0 / 3 + 1) / 2);
}

TEST(Progress, CountsQueriesByTheirLeastAdvancedUnit) {
  // By query: c,c / c,f / c,q / f,q / q,. / f,.
  const Progress progress = CountProgress(ColumnsOf("cccfqfcfqq..", 2));
  EXPECT_EQ(progress.completed, 1);
  EXPECT_EQ(progress.failed, 1);
  EXPECT_EQ(progress.quarantined, 2);
  EXPECT_EQ(progress.open, 2);
}

}  // namespace
}  // namespace wattfleet::coordinator
