#include <gtest/gtest.h>

#include "coordinator/audit/show_result.h"

namespace wattfleet::coordinator {
namespace {

TEST(PowerPlotTest, TheHighestIsAFullBlockAndNothingMeasuredIsAGap) {
  const PowerPlot plot{.from_seconds = 0, .to_seconds = 4, .watts = {0, 50, std::nullopt, 100}};
  EXPECT_EQ(DrawPower(plot), "▁▅ █");
}

TEST(PowerPlotTest, APlotOfNothingIsNothing) {
  EXPECT_EQ(DrawPower({}), "");
  EXPECT_EQ(DrawPower({.watts = {0, 0}}), "▁▁");
  EXPECT_EQ(DrawMarks({}, {{.at_seconds = 0, .letter = 'S'}}), "");
}

TEST(PowerPlotTest, MarksFallWhereTheirMomentsAre) {
  const PowerPlot plot{.from_seconds = -1, .to_seconds = 3, .watts = {1, 1, 1, 1}};
  EXPECT_EQ(DrawMarks(plot, {{.at_seconds = 0, .letter = 'S'},
                             {.at_seconds = 3, .letter = 'L'},
                             {.at_seconds = 9, .letter = 'x'}}),
            " S L");
}

}  // namespace
}  // namespace wattfleet::coordinator
