// Figures across pairs: difficulty, trend, routing, weights, operating points. Numbers without a
// word of where they come from are worked out by studies_oracle.py.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/difficulty.h"
#include "coordinator/analysis/operating_points.h"
#include "coordinator/analysis/routing.h"
#include "coordinator/analysis/trend.h"
#include "coordinator/analysis/weighted_coverage.h"
#include "tests/unit/coordinator/analysis/columns_examples.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PairOutcomes Outcomes(std::string_view letters, std::int64_t repetitions = 1) {
  return OutcomesOf(ColumnsOf(letters, repetitions));
}

std::vector<std::int64_t> QueriesOf(const Difficulty& difficulty) {
  std::vector<std::int64_t> queries;
  for (const DifficultyLevel& level : difficulty.levels) {
    queries.push_back(level.queries);
  }
  return queries;
}

TEST(Difficulty, IsTheSizeOfTheSmallestModelThatSolvesAQuery) {
  const PairOutcomes four = Outcomes("ccwwww");
  const PairOutcomes eight = Outcomes("wccwww");
  const PairOutcomes twenty = Outcomes("wwccww");
  const PairOutcomes large = Outcomes("ccccwc");
  const std::vector<SizedModel> models = {{"large", 235e9, &large},
                                          {"eight", 8.03e9, &eight},
                                          {"twenty", 20.9e9, &twenty},
                                          {"four", 4.02e9, &four}};
  const RatedQueries rated = RateQueries(models, 6);
  EXPECT_THAT(rated.difficulty.models, ElementsAre("four", "eight", "twenty", "large"));
  EXPECT_THAT(QueriesOf(rated.difficulty), ElementsAre(2, 1, 1, 1, 1));
  EXPECT_EQ(rated.difficulty.levels[0].name, "<=4B");
  EXPECT_EQ(rated.difficulty.levels[3].name, "<=235B");
  EXPECT_EQ(rated.difficulty.levels[4].name, "unsolved");
  EXPECT_TRUE(rated.levels[3].Contains(5));
  EXPECT_TRUE(rated.levels[4].Contains(4));
}

TEST(Difficulty, SaysHowManyModelsOfEachSizeTookPart) {
  const PairOutcomes any = Outcomes("cw");
  const RatedQueries rated = RateQueries(
      std::vector<SizedModel>{{"a", 3.8e9, &any}, {"b", 4.02e9, &any}, {"c", 70e9, &any}}, 2);
  std::vector<std::int64_t> models;
  for (const DifficultyLevel& level : rated.difficulty.levels) {
    models.push_back(level.models);
  }
  EXPECT_THAT(models, ElementsAre(2, 0, 0, 1, 0));
}

TEST(Difficulty, LevelsOfAllQueriesThatAreDecidedForAllSumToThem) {
  std::string partly(100, 'c');
  partly[99] = '.';
  const PairOutcomes a = Outcomes(partly);
  const PairOutcomes b = Outcomes(std::string(100, 'w'));
  const RatedQueries rated =
      RateQueries(std::vector<SizedModel>{{"a", 400e9, &a}, {"b", 3e9, &b}}, 100);
  EXPECT_EQ(rated.difficulty.queries, 99);
  EXPECT_THAT(QueriesOf(rated.difficulty), ElementsAre(0, 0, 0, 0, 99, 0));
  EXPECT_EQ(rated.difficulty.levels[4].name, ">235B");
}

TEST(Difficulty, ModelsOfUnknownSizeOrHalfDoneAreLeftOutByName) {
  const PairOutcomes whole = Outcomes("cccc");
  const PairOutcomes half = Outcomes("cc..");
  const RatedQueries rated =
      RateQueries(std::vector<SizedModel>{{"gpt", std::nullopt, &whole}, {"half", 4e9, &half}}, 4);
  EXPECT_THAT(rated.difficulty.left_out, ElementsAre("gpt", "half"));
  EXPECT_THAT(rated.difficulty.levels, IsEmpty());
}

TEST(Difficulty, WithRepetitionsTheMajoritySolves) {
  const PairOutcomes pair = Outcomes("ccwcwc", 3);  // query 0: c w w, query 1: c c c
  const RatedQueries rated = RateQueries(std::vector<SizedModel>{{"m", 1e9, &pair}}, 2);
  EXPECT_THAT(QueriesOf(rated.difficulty), ElementsAre(1, 0, 0, 0, 1));
}

TEST(Difficulty, TalliesAPairWithinALevel) {
  QuerySet level(5);
  for (const std::size_t q : {0U, 2U, 4U}) {
    level.Insert(q);
  }
  const OutcomeTally tally = TallyOf(Outcomes("ccww."), level);
  EXPECT_EQ(tally.queries(), 3);
  EXPECT_EQ(tally.correct(), 1);
  EXPECT_EQ(tally.wrong(), 1);
  EXPECT_EQ(tally.pending(), 1);
}

TEST(Trend, FollowsTheBestAndTheUnionByReleaseDate) {
  const PairOutcomes old = Outcomes("cwww");
  const PairOutcomes mid = Outcomes("wccw");
  const PairOutcomes late = Outcomes("wcww");
  const Trend trend = TrendOf(std::vector<DatedModel>{{"late", "2025-08-05", &late},
                                                      {"old", "2023-12-11", &old},
                                                      {"mid", "2024-07-23", &mid},
                                                      {"undated", "", &mid}},
                              {}, 4);
  ASSERT_EQ(trend.points.size(), 3U);
  EXPECT_EQ(trend.points[2].model, "late");
  EXPECT_DOUBLE_EQ(trend.points[0].best_single, 0.25);
  EXPECT_DOUBLE_EQ(trend.points[1].best_single, 0.5);
  EXPECT_DOUBLE_EQ(trend.points[1].union_so_far, 0.75);
  EXPECT_DOUBLE_EQ(trend.points[2].coverage, 0.25);
  EXPECT_DOUBLE_EQ(trend.points[2].best_single, 0.5);
  EXPECT_DOUBLE_EQ(trend.points[2].union_so_far, 0.75);
  EXPECT_THAT(trend.left_out, ElementsAre("undated"));
  EXPECT_EQ(trend.queries, 4);
}

TEST(Trend, OfModelsOfOneDayNoneCameFirst) {
  const PairOutcomes worse = Outcomes("cwww");
  const PairOutcomes better = Outcomes("wccw");
  const PairOutcomes late = Outcomes("wwww");
  const Trend trend = TrendOf(std::vector<DatedModel>{{"worse", "2023-12-11", &worse},
                                                      {"better", "2023-12-11", &better},
                                                      {"late", "2024-01-01", &late}},
                              {}, 4);
  EXPECT_DOUBLE_EQ(trend.points[0].coverage, 0.25);
  EXPECT_DOUBLE_EQ(trend.points[0].best_single, 0.5);
  EXPECT_DOUBLE_EQ(trend.points[0].union_so_far, 0.75);
  EXPECT_DOUBLE_EQ(trend.points[1].union_so_far, 0.75);
}

TEST(Trend, ARatioOfIpwIsThatOfAccuraciesTimesThatOfPowers) {
  // Table 2 of the paper: 23.2 % and 7.92e-4 in 2023, 71.3 % and 4.18e-3 in 2025.
  const auto pair = [](const char* released, const char* condition, double accuracy, double ipw) {
    return DatedPair{.released = released,
                     .energy_class = "paper",
                     .condition = condition,
                     .pair = std::string(released) + condition,
                     .ipw = ipw,
                     .accuracy = accuracy,
                     .power_watts = accuracy / ipw};
  };
  const Trend trend = TrendOf({},
                              std::vector<DatedPair>{pair("2025-08-05", "isolated", 0.713, 4.18e-3),
                                                     pair("2023-12-11", "isolated", 0.232, 7.92e-4),
                                                     pair("2023-03-01", "isolated", 0.1, 1e-4),
                                                     pair("2024-01-01", "served-16", 0.5, 9e-2)},
                              4);
  ASSERT_EQ(trend.years.size(), 3U);
  EXPECT_EQ(trend.years[0].year, 2023);
  EXPECT_EQ(trend.years[0].pair, "2023-12-11isolated") << "the best of its year";
  EXPECT_FALSE(trend.years[0].ipw_ratio.has_value());
  EXPECT_EQ(trend.years[1].year, 2025);
  EXPECT_NEAR(*trend.years[1].ipw_ratio, 5.278, 1e-3);
  EXPECT_NEAR(*trend.years[1].accuracy_ratio, 3.073, 1e-3);
  EXPECT_NEAR(*trend.years[1].power_ratio, 1.717, 1e-3);
  EXPECT_EQ(trend.years[2].condition, "served-16");
  EXPECT_FALSE(trend.years[2].ipw_ratio.has_value()) << "conditions are not pooled";
}

// For results of 100 input tokens.
Price PerResult(double usd) {
  return {.input_per_million = usd * 1e4,
          .output_per_million = 0,
          .cached_input_per_million = std::nullopt,
          .as_of = ""};
}

UnitColumns Answers(std::string_view letters, double joules, double more_each = 0) {
  UnitColumns columns = ColumnsOf(letters);
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    SetMeasured(columns, unit, joules + more_each * static_cast<double>(unit), 1);
    columns.input_tokens[unit] = 100;
    columns.output_tokens[unit] = 0;
  }
  return columns;
}

// The study of studies_oracle.py.
struct ExampleStudy {
  UnitColumns small = Answers("cwwwc", 2, 1);
  UnitColumns big = Answers("ccwww", 10);
  UnitColumns cloud = Answers("cccww", 100);
  bool is_measured = true;
  bool is_cloud_measured = true;

  std::optional<Routing> Run(const RoutingTerms& terms) const {
    RoutingStudy study(5, terms);
    Add({"small", small, 4e9, 1e-4, is_measured}, terms, study);
    Add({"cloud", cloud, 235e9, 1e-3, is_cloud_measured}, terms, study);
    Add({"big", big, 14e9, 3e-4, is_measured}, terms, study);
    return study.Result();
  }

 private:
  struct Entry {
    std::string name;
    const UnitColumns& columns;
    double parameters;
    double usd;
    bool is_measured;
  };
  static void Add(const Entry& entry, const RoutingTerms& terms, RoutingStudy& study) {
    const PairOutcomes outcomes = OutcomesOf(entry.columns);
    const bool is_local = entry.name != "cloud";
    const QueryCosts costs =
        CostsOf(entry.columns,
                {.mean_joules = entry.is_measured ? std::optional(7.0) : std::nullopt,
                 .price = PerResult(entry.usd),
                 .electricity_usd_per_kwh = is_local ? terms.electricity_usd_per_kwh : std::nullopt,
                 .parameters = entry.parameters});
    const RoutingPair pair{.name = entry.name,
                           .condition = is_local ? "isolated" : "served-16",
                           .energy_class = "host",
                           .has_energy = entry.is_measured,
                           .outcomes = &outcomes};
    if (is_local) {
      study.AddToPool(pair, costs);
    } else {
      study.SetBaseline(pair, costs);
    }
  }
};

TEST(Routing, TheOracleSendsEachQueryToTheCheapestPairThatAnswersIt) {
  const auto routing = ExampleStudy().Run({.router_accuracies = {1, 0.8}});
  ASSERT_TRUE(routing.has_value());
  EXPECT_EQ(routing->queries, 5);
  EXPECT_DOUBLE_EQ(routing->local_share, 0.6);
  EXPECT_EQ(routing->ranked_by, "energy");
  EXPECT_EQ(routing->pool[0].queries, 2);  // small
  EXPECT_EQ(routing->pool[1].queries, 1);
  EXPECT_EQ(routing->baseline_condition, "served-16");
  EXPECT_NEAR(*routing->points[0].energy_saved, 0.564, 1e-6);
  EXPECT_NEAR(*routing->points[0].cost_saved, 0.5, 1e-6);
  EXPECT_NEAR(*routing->points[0].compute_saved, 0.5812765957, 1e-6);
  EXPECT_DOUBLE_EQ(routing->baseline_accuracy, 0.6);
  EXPECT_DOUBLE_EQ(routing->points[0].accuracy, 0.8);
  EXPECT_DOUBLE_EQ(routing->points[1].accuracy, 0.8 * 0.8 + 0.2 * 0.6);
}

TEST(Routing, ARouterOfAccuracyASavesThatShareOfTheOracles) {
  const auto routing = ExampleStudy().Run({.router_accuracies = {0.8}});
  EXPECT_NEAR(*routing->points[0].energy_saved, 0.4512, 1e-6);
  EXPECT_NEAR(*routing->points[0].cost_saved, 0.4, 1e-6);
  EXPECT_NEAR(*routing->points[0].compute_saved, 0.4650212766, 1e-6);
}

TEST(Routing, MisroutedQueriesMayBeChargedALocalAttempt) {
  const auto routing = ExampleStudy().Run({.router_accuracies = {1, 0.8}, .wasted_attempts = true});
  EXPECT_NEAR(*routing->points[0].energy_saved, 0.564, 1e-6);
  EXPECT_NEAR(*routing->points[1].energy_saved, 0.4392, 1e-6);
  EXPECT_NEAR(*routing->points[1].cost_saved, 0.3666666667, 1e-6);
  EXPECT_NEAR(*routing->points[1].compute_saved, 0.4587801418, 1e-6);
}

TEST(Routing, WithoutTheBaselinesEnergyThereIsNoSavingUnlessOneIsAssumedAndSaid) {
  ExampleStudy study;
  study.is_cloud_measured = false;
  const auto unknown = study.Run({.router_accuracies = {1}});
  EXPECT_EQ(unknown->energy_reason, "baseline unmeasurable");
  EXPECT_FALSE(unknown->points[0].energy_saved.has_value());
  EXPECT_TRUE(unknown->points[0].cost_saved.has_value());
  const auto assumed = study.Run(
      {.router_accuracies = {1}, .assumed_baseline_joules = AssumedJoules{.low = 20, .high = 200}});
  EXPECT_FALSE(assumed->points[0].energy_saved.has_value());
  EXPECT_NEAR(*assumed->points[0].energy_saved_if_low, 0.42, 1e-6);
  EXPECT_NEAR(*assumed->points[0].energy_saved_if_high, 0.582, 1e-6);
  EXPECT_EQ(assumed->assumed_baseline_joules->high, 200);
}

TEST(Routing, AMeasuredBaselineNeedsNoAssumption) {
  const auto routing = ExampleStudy().Run(
      {.router_accuracies = {1}, .assumed_baseline_joules = AssumedJoules{.low = 1, .high = 2}});
  EXPECT_FALSE(routing->assumed_baseline_joules.has_value());
  EXPECT_NEAR(*routing->points[0].energy_saved, 0.564, 1e-6);
}

TEST(Routing, WithoutEnergyTheCheapestIsByCost) {
  ExampleStudy study;
  study.is_measured = false;
  const auto routing = study.Run({.router_accuracies = {1}});
  EXPECT_EQ(routing->ranked_by, "cost");
  EXPECT_EQ(routing->energy_reason, "the pool's energy is not measured");
  EXPECT_NEAR(*routing->points[0].cost_saved, 0.5, 1e-6);
}

TEST(Routing, ElectricityPricesWhatIsLocal) {
  // 2 + 6 + 10 J of local work at 360 USD/kWh = 1e-4 USD/J, against 5 x 1e-3 USD.
  const auto routing =
      ExampleStudy().Run({.router_accuracies = {1}, .electricity_usd_per_kwh = 360});
  EXPECT_NEAR(*routing->points[0].cost_saved, 1 - (18e-4 + 2e-3) / 5e-3, 1e-6);
}

TEST(Routing, TimesThatCountInNoFigureRankNothing) {
  const auto run = [](Flags flags) {
    UnitColumns slow = Answers("cc", 0);
    UnitColumns fast = Answers("cc", 0);
    for (std::size_t unit = 0; unit < 2; ++unit) {
      slow.duration_ns[unit] = 2'000;
      fast.duration_ns[unit] = 1'000;
      slow.flags[unit] = fast.flags[unit] = flags;
    }
    const PairOutcomes outcomes = OutcomesOf(slow);
    RoutingStudy study(2, {.router_accuracies = {1}});
    study.SetBaseline({.name = "cloud", .outcomes = &outcomes}, CostsOf(slow, {}));
    study.AddToPool({.name = "slow", .outcomes = &outcomes}, CostsOf(slow, {}));
    study.AddToPool({.name = "fast", .outcomes = &outcomes}, CostsOf(fast, {}));
    return study.Result().value();
  };
  EXPECT_EQ(run(0).ranked_by, "latency");
  EXPECT_EQ(run(0).pool[1].queries, 2);
  EXPECT_EQ(run(kFlagUntimed).ranked_by, "nothing");
  EXPECT_EQ(run(kFlagUntimed).pool[0].queries, 2) << "the pool's order decides";
}

TEST(Routing, WithoutAPoolOrABaselineThereIsNone) {
  EXPECT_FALSE(RoutingStudy(5, {}).Result().has_value());
}

TEST(WeightedCoverage, IsTheWeightedMeanWithMoversInterval) {
  OutcomeTally a;
  a.AddQueries(Outcome::kCorrect, 40);
  a.AddQueries(Outcome::kWrong, 60);
  OutcomeTally b;
  b.AddQueries(Outcome::kCorrect, 45);
  b.AddQueries(Outcome::kNoAnswer, 5);
  const auto estimate = WeightedCoverage(std::vector<WeightedTally>{{3, &a}, {1, &b}});
  EXPECT_NEAR(estimate->value, 0.525, 1e-9);
  EXPECT_NEAR(*estimate->low, 0.4513544689, 1e-9);
  EXPECT_NEAR(*estimate->high, 0.5998441824, 1e-9);
  EXPECT_FALSE(WeightedCoverage({}).has_value());
}

TEST(OperatingPoints, AreTheBestConditionOfEachSideByEachMeasure) {
  const std::vector<OperatingCandidate> candidates = {{.side = "mac",
                                                       .pair = "m/i",
                                                       .condition = "isolated",
                                                       .joules_per_correct = 400,
                                                       .seconds_per_correct = 9,
                                                       .usd_per_correct = {}},
                                                      {.side = "gpu",
                                                       .pair = "g/i",
                                                       .condition = "isolated",
                                                       .joules_per_correct = 900,
                                                       .seconds_per_correct = 3,
                                                       .usd_per_correct = 2e-4},
                                                      {.side = "gpu",
                                                       .pair = "g/s",
                                                       .condition = "served-16",
                                                       .joules_per_correct = 100,
                                                       .seconds_per_correct = 0.4,
                                                       .usd_per_correct = 3e-4},
                                                      {.side = "gpu",
                                                       .pair = "g/u",
                                                       .condition = "served-64",
                                                       .joules_per_correct = {},
                                                       .seconds_per_correct = 0.5,
                                                       .usd_per_correct = {}}};
  const std::vector<OperatingPoint> points = BestOperatingPoints(candidates);
  std::vector<std::string> said;
  for (const OperatingPoint& point : points) {
    said.push_back(point.side + " " + point.measure + " " + point.condition);
  }
  EXPECT_THAT(said,
              ElementsAre("mac joules_per_correct isolated", "mac seconds_per_correct isolated",
                          "gpu joules_per_correct served-16", "gpu seconds_per_correct served-16",
                          "gpu usd_per_correct isolated"));
}

TEST(OperatingPoints, SecondsPerCorrectAreThoseOfAllDecided) {
  UnitColumns columns = ColumnsOf("cwc.");
  for (std::size_t unit = 0; unit < 3; ++unit) {
    SetMeasured(columns, unit, 1, 2);
  }
  EXPECT_DOUBLE_EQ(*SecondsPerCorrect(columns), 3);
  columns.busy_seconds = {0.5, 0.5, 1, 0};
  EXPECT_DOUBLE_EQ(*SecondsPerCorrect(columns), 1);
  EXPECT_FALSE(SecondsPerCorrect(ColumnsOf("ww")).has_value());
}

TEST(OutcomeTally, OfAgentsCountsWhatEachBrought) {
  UnitColumns columns = ColumnsOf("cwcc");
  columns.instance = {0, 1, 2, 0};
  const std::vector<std::size_t> agent_of_instance = {0, 1, 1};
  const std::vector<OutcomeTally> tallies = TallyByInstance(columns, agent_of_instance, 2);
  EXPECT_EQ(tallies[0].queries(), 2);
  EXPECT_EQ(tallies[0].correct(), 2);
  EXPECT_EQ(tallies[1].queries(), 2);
  EXPECT_EQ(tallies[1].correct(), 1);
}

}  // namespace
}  // namespace wattfleet::coordinator
