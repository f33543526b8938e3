#include "coordinator/analysis/energy_figures.h"

#include <string>

#include <gtest/gtest.h>

#include "coordinator/analysis/timing.h"
#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

TEST(EnergyFigures, IsolatedPowerIsTheUnweightedMeanOfWattsPerQuery) {
  UnitColumns columns = ColumnsOf("cw");
  SetMeasured(columns, 0, 100, 2);  // 50 W
  SetMeasured(columns, 1, 60, 6);   // 10 W
  columns.output_tokens = {20, 60};
  const EnergyFigures figures = MeasuredFigures(columns, {});
  ASSERT_EQ(figures.verdict, EnergyVerdict::kMeasured);
  EXPECT_DOUBLE_EQ(*figures.means->power_watts, 30);
  EXPECT_FALSE(figures.means->power_share_watts.has_value());
  EXPECT_DOUBLE_EQ(figures.means->joules_per_query, 80);
  EXPECT_DOUBLE_EQ(*figures.ipw, 0.5 / 30);
  EXPECT_DOUBLE_EQ(*figures.ipj, 0.5 / 80);
  EXPECT_DOUBLE_EQ(*figures.joules_per_correct, 160);
  EXPECT_DOUBLE_EQ(*figures.means->joules_per_output_token, 2);
}

TEST(EnergyFigures, ServedPowerIsEnergyOverTheTimeWithARequestPresent) {
  UnitColumns columns = ColumnsOf("cw");
  SetMeasured(columns, 0, 100, 4);
  SetMeasured(columns, 1, 60, 4);
  columns.sent_unix_ms = {0, 2000};  // busy for 6 s
  ShareBusyTime(columns);
  const EnergyFigures figures = MeasuredFigures(columns, {});
  EXPECT_NEAR(*figures.means->power_watts, 160.0 / 6, 1e-9);
  EXPECT_DOUBLE_EQ(*figures.means->power_share_watts, (25.0 + 15.0) / 2);
  EXPECT_NEAR(*figures.ipw, 0.5 / (160.0 / 6), 1e-12);
}

TEST(EnergyFigures, LeasesThatOverlapOnAnInstanceShareItsTimeAndTheTailIsLeftOut) {
  // served-2 at 300 W throughout. One lease's requests last over [0, 10) s and [0, 4) s, the next
  // one's over [4, 8) s and [8, 12) s; the last of all is alone for half of its time.
  UnitColumns columns = ColumnsOf("cwcc");
  SetMeasured(columns, 0, 1500, 10);
  SetMeasured(columns, 1, 600, 4);
  SetMeasured(columns, 2, 600, 4);
  SetMeasured(columns, 3, 900, 4);
  columns.sent_unix_ms = {0, 0, 4000, 8000};
  columns.flags[3] |= kFlagUnderfilled;
  ShareBusyTime(columns);
  const EnergyFigures figures = MeasuredFigures(columns, {});
  ASSERT_EQ(figures.verdict, EnergyVerdict::kMeasured);
  EXPECT_EQ(figures.excluded.ramp, 1);
  EXPECT_NEAR(*figures.means->power_watts, 2700.0 / (5 + 2 + 2), 1e-9);  // 300
  EXPECT_NEAR(*figures.means->power_share_watts, 150, 1e-9);
  EXPECT_NEAR(figures.means->joules_per_query, 900, 1e-9);
  EXPECT_NEAR(*figures.ipw, (2.0 / 3) / 300, 1e-12) << "not by the share";
}

TEST(EnergyFigures, TheTimeOfAnExcludedRequestIsNotTheOthersTime) {
  // Twenty equal requests always two at once on one instance, 100 W while busy; one has no valid
  // energy. Dropping its joules but not its time would show 95 W.
  UnitColumns columns = ColumnsOf(std::string(20, 'c'));
  for (std::size_t unit = 0; unit < 20; ++unit) {
    SetMeasured(columns, unit, 50, 1);
    columns.sent_unix_ms[unit] = static_cast<std::int64_t>(unit / 2) * 1000;
  }
  columns.class_energy[7] = ClassEnergy::kInvalid;
  ShareBusyTime(columns);
  const EnergyFigures figures = MeasuredFigures(columns, {});
  ASSERT_EQ(figures.verdict, EnergyVerdict::kMeasured);
  EXPECT_NEAR(*figures.means->power_watts, 100, 1e-9);
}

TEST(EnergyFigures, AccuracyAndEnergyAreOfTheSameResults) {
  // The 39 measured results are half right; the one without valid energy is right.
  UnitColumns columns = ColumnsOf("c" + std::string(19, 'c') + std::string(20, 'w'));
  for (std::size_t unit = 1; unit < 40; ++unit) {
    SetMeasured(columns, unit, 10, 1);
  }
  columns.class_energy[0] = ClassEnergy::kInvalid;
  const EnergyFigures figures = MeasuredFigures(columns, {});
  ASSERT_EQ(figures.verdict, EnergyVerdict::kMeasured);
  EXPECT_DOUBLE_EQ(figures.means->accuracy, 19.0 / 39);
  EXPECT_EQ(figures.excluded.invalid_energy, 1);
  EXPECT_EQ(figures.excluded.total(), 1);
  EXPECT_DOUBLE_EQ(*figures.measured_fraction, 39.0 / 40);
}

TEST(EnergyFigures, WarmUpAndRampAreLeftOutAndCounted) {
  UnitColumns columns = ColumnsOf("ccww");
  for (std::size_t unit = 0; unit < 4; ++unit) {
    SetMeasured(columns, unit, 10, 1);
  }
  SetMeasured(columns, 0, 1000, 1);
  columns.flags[0] = kFlagWarmup;
  columns.flags[3] = kFlagUnderfilled;
  const EnergyFigures figures = MeasuredFigures(columns, {});
  EXPECT_EQ(figures.excluded.warm_up, 1);
  EXPECT_EQ(figures.excluded.ramp, 1);
  EXPECT_DOUBLE_EQ(figures.means->joules_per_query, 10);
  EXPECT_DOUBLE_EQ(figures.means->accuracy, 0.5);
}

TEST(EnergyFigures, BelowNineteenOfTwentyMeasuredThereAreNone) {
  const auto verdict = [](std::size_t measured) {
    UnitColumns columns = ColumnsOf(std::string(100, 'c') + "....");
    for (std::size_t unit = 0; unit < measured; ++unit) {
      SetMeasured(columns, unit, 10, 1);
    }
    return MeasuredFigures(columns, {});
  };
  EXPECT_EQ(verdict(95).verdict, EnergyVerdict::kMeasured);
  EXPECT_TRUE(verdict(95).ipw.has_value());
  EXPECT_EQ(verdict(94).verdict, EnergyVerdict::kInsufficient);
  EXPECT_FALSE(verdict(94).ipw || verdict(94).ipj || verdict(94).joules_per_correct ||
               verdict(94).means);
  EXPECT_EQ(verdict(0).verdict, EnergyVerdict::kUnmeasurable);
}

TEST(EnergyFigures, CachedInputUnderCacheOffIsNotRanked) {
  UnitColumns columns = ColumnsOf("cc");
  SetMeasured(columns, 0, 10, 1);
  SetMeasured(columns, 1, 10, 1);
  const auto figures = [&](bool cache_off, double share) {
    return MeasuredFigures(columns, {.cache_off = cache_off, .cached_input_share = share});
  };
  EXPECT_TRUE(figures(true, 0.01).ipw.has_value());
  EXPECT_TRUE(figures(false, 0.5).ipw.has_value());
  const EnergyFigures spoiled = figures(true, 0.0101);
  EXPECT_EQ(spoiled.verdict, EnergyVerdict::kMeasured);
  EXPECT_TRUE(spoiled.cache_spoils_ranking);
  EXPECT_FALSE(spoiled.ipw || spoiled.ipj || spoiled.joules_per_correct);
  EXPECT_DOUBLE_EQ(spoiled.means->joules_per_query, 10);
}

TEST(EnergyFigures, WithoutACorrectAnswerThereIsNoPriceOfOne) {
  UnitColumns columns = ColumnsOf("wn");
  SetMeasured(columns, 0, 10, 1);
  SetMeasured(columns, 1, 10, 1);
  const EnergyFigures figures = MeasuredFigures(columns, {});
  EXPECT_FALSE(figures.joules_per_correct.has_value());
  EXPECT_DOUBLE_EQ(*figures.ipw, 0);
}

TEST(EnergyFigures, RepetitionsOfAQueryAreAveragedFirst) {
  // Query 0 twice (10 J, 30 J), query 1 once (40 J).
  UnitColumns columns = ColumnsOf("ccw.", 2);
  SetMeasured(columns, 0, 10, 1);
  SetMeasured(columns, 1, 40, 1);
  SetMeasured(columns, 2, 30, 1);
  const EnergyFigures figures = MeasuredFigures(columns, {});
  EXPECT_DOUBLE_EQ(figures.means->joules_per_query, (20.0 + 40.0) / 2);
  EXPECT_DOUBLE_EQ(figures.means->accuracy, 0.75);
}

TEST(EnergyFigures, ModelledEnergyIsShownUnderItsOwnNameAlone) {
  UnitColumns columns = ColumnsOf("cw");
  columns.modelled_uj = {4'000'000, 6'000'000};
  const EnergyFigures figures = MeasuredFigures(columns, {});
  EXPECT_EQ(figures.verdict, EnergyVerdict::kModelled);
  EXPECT_FALSE(figures.means || figures.ipw || figures.ipj || figures.joules_per_correct);
  EXPECT_DOUBLE_EQ(ModelledMeans(columns)->joules_per_query, 5);
  EXPECT_DOUBLE_EQ(*ModelledMeans(columns)->power_watts, 5);
  EXPECT_FALSE(ImportedMeans(columns).has_value());
}

TEST(EnergyFigures, RecordedEnergyWithoutATimeHasNoPower) {
  UnitColumns columns = ColumnsOf("cc");
  columns.imported_uj = {4'000'000, 6'000'000};
  columns.flags = {kFlagReplayed | kFlagUntimed, kFlagReplayed | kFlagUntimed};
  EXPECT_DOUBLE_EQ(ImportedMeans(columns)->joules_per_query, 5);
  EXPECT_EQ(ImportedMeans(columns)->power_watts, std::nullopt);
}

TEST(EnergyFigures, ImportedEnergyIsNotMeasured) {
  UnitColumns columns = ColumnsOf("c");
  columns.imported_uj = {4'000'000};
  EXPECT_EQ(MeasuredFigures(columns, {}).verdict, EnergyVerdict::kImported);
  EXPECT_DOUBLE_EQ(ImportedMeans(columns)->joules_per_query, 4);
}

}  // namespace
}  // namespace wattfleet::coordinator
