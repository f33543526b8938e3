#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coordinator/report/render.h"
#include "coordinator/report/subject_weights.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using coordinator::ParseSubjectWeights;
using coordinator::Report;
using coordinator::ReportOptions;
using nlohmann::json;

// The example sweep with what its models declare. llama's most complete pair is the server's, which
// solves i % 100 < 46; qwen solves i % 100 >= 90.
struct DeclaredSweep : ExampleSweep {
  DeclaredSweep() {
    for (auto& pair : view.pairs) {
      const bool is_qwen = pair.spec.model == "qwen-0.5b";
      pair.spec.parameters_total = is_qwen ? 0.5e9 : 8.03e9;
      pair.spec.parameters_active = pair.spec.parameters_total;
      pair.spec.released = is_qwen ? "2024-09-19" : "2024-07-23";
    }
    view.pairs[1].spec.price = Price{.input_per_million = 0.5,
                                     .output_per_million = 0.8,
                                     .cached_input_per_million = std::nullopt,
                                     .as_of = ""};
  }
};

TEST(ReportStudies, DifficultyIsBySizeAndEachPairHasItsShareOfEachLevel) {
  const Report report = DeclaredSweep().Build();
  ASSERT_TRUE(report.difficulty.has_value());
  EXPECT_THAT(report.difficulty->models, ElementsAre("qwen-0.5b", "llama-3.1-8b-instruct"));
  EXPECT_EQ(report.difficulty->levels[0].queries, 100);  // <=4B
  EXPECT_EQ(report.difficulty->levels[1].queries, 460);  // <=8B
  EXPECT_EQ(report.difficulty->levels.back().queries, 440);
  EXPECT_EQ(report.pairs[1].difficulty[1].name, "<=8B");
  EXPECT_EQ(report.pairs[1].difficulty[1].outcomes.correct(), 460);
  EXPECT_EQ(report.pairs[1].difficulty[0].outcomes.correct(), 0);
}

TEST(ReportStudies, TrendFollowsTheDeclaredDates) {
  const Report report = DeclaredSweep().Build();
  ASSERT_TRUE(report.trend.has_value());
  ASSERT_EQ(report.trend->points.size(), 2U);
  EXPECT_DOUBLE_EQ(report.trend->points[1].coverage, 0.1);
  EXPECT_DOUBLE_EQ(report.trend->points[1].best_single, 0.46);
  EXPECT_DOUBLE_EQ(report.trend->points[1].union_so_far, 0.56);
  ASSERT_EQ(report.trend->years.size(), 1U);
  EXPECT_EQ(report.trend->years[0].pair, report.pairs[0].id);
}

TEST(ReportStudies, WithoutDeclarationsThereIsNeither) {
  const Report report = ExampleSweep().Build();
  EXPECT_FALSE(report.difficulty || report.trend || report.weights);
}

TEST(ReportStudies, RoutesToTheMeasuredLocalPairAgainstTheCloudPair) {
  const Report report = DeclaredSweep().Build();
  ASSERT_TRUE(report.routing.has_value());
  EXPECT_EQ(report.routing->baseline, report.pairs[1].id);
  ASSERT_EQ(report.routing->pool.size(), 1U);
  EXPECT_EQ(report.routing->pool[0].pair, report.pairs[0].id);
  EXPECT_THAT(report.routing->left_out, ElementsAre(report.pairs[2].id + ": no measured energy"));
  // 998 queries, 440 local, half of them 80 J and half 200 J but those in warm-up or spoiled.
  EXPECT_EQ(report.routing->queries, 998);
  EXPECT_EQ(report.routing->pool[0].queries, 440);
  const double local = 220 * 80 + 220 * 200 + (140 - 80) + (140 - 200);
  EXPECT_NEAR(*report.routing->points[0].energy_saved, 1 - (local + 558 * 500) / (998 * 500.0),
              1e-6);
}

TEST(ReportStudies, NamesThePairThatARoutingStudyDoesNotHave) {
  DeclaredSweep sweep;
  ReportOptions options;
  options.routing.baseline = "gpt-5";
  EXPECT_THAT(BuildReport(sweep.view, sweep.workload, options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no pair \"gpt-5\"")));
  options.routing.baseline = "llama";
  EXPECT_THAT(BuildReport(sweep.view, sweep.workload, options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("several pairs' names")));
}

TEST(ReportStudies, TheStudysTextSaysWhatEveryFigureRestsOn) {
  DeclaredSweep sweep;
  ReportOptions options;
  options.routing.baseline = "qwen";
  options.routing.pool = {"apple-m4"};
  options.routing.terms.assumed_baseline_joules = coordinator::AssumedJoules{.low = 10, .high = 90};
  const std::string text = coordinator::RenderRoute(sweep.Build(options));
  EXPECT_THAT(text, HasSubstr("NOT measured; assumed 10 to 90 J per query"));
  EXPECT_THAT(text, HasSubstr("oracle"));
  EXPECT_THAT(text, HasSubstr("cost: no price of the baseline"));
  EXPECT_THAT(text, HasSubstr("no wasted local attempt is charged"));
  EXPECT_THAT(coordinator::RenderRoute(Report{}), HasSubstr("nothing to route"));
  EXPECT_EQ(coordinator::RenderRouteJson(Report{}), "null\n");
}

TEST(ReportStudies, SubjectsAreWeightedAsTheFileSays) {
  DeclaredSweep sweep;
  ReportOptions options;
  auto weights = ParseSubjectWeights("subject,weight\n# GDP\nmath, 3\nphysics,1\n", "gdp.csv");
  ASSERT_TRUE(weights.ok()) << weights.status();
  options.weights = *weights;
  const Report report = sweep.Build(options);
  ASSERT_TRUE(report.pairs[2].weighted_coverage.has_value());
  EXPECT_NEAR(report.pairs[2].weighted_coverage->value, 0.1, 1e-12);
  EXPECT_NEAR(report.pairs[0].weighted_coverage->value, (3 * 176.0 / 400 + 264.0 / 600) / 4, 1e-12);
  const json rendered = json::parse(coordinator::RenderJson(report));
  EXPECT_EQ(rendered["weights"]["source"], "gdp.csv");
  EXPECT_EQ(rendered["weights"]["weights"]["math"], 3);
  EXPECT_TRUE(rendered["pairs"][0]["weighted_coverage"].contains("low"));
}

TEST(ReportStudies, SubjectsWithoutAWeightAreNamedAndUnknownOnesRefused) {
  DeclaredSweep sweep;
  ReportOptions options;
  options.weights = *ParseSubjectWeights("math,1\nphysics,0\n", "w.csv");
  const Report report = sweep.Build(options);
  EXPECT_THAT(report.weights->without, ElementsAre("physics"));
  EXPECT_NEAR(report.pairs[0].weighted_coverage->value, 176.0 / 400, 1e-12);
  options.weights = *ParseSubjectWeights("maths,1\n", "w.csv");
  EXPECT_THAT(BuildReport(sweep.view, sweep.workload, options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("w.csv: the sweep has no subject \"maths\"")));
}

TEST(ReportStudies, BadWeightsAreNamedByLine) {
  const auto error = [](const char* text) {
    return std::string(ParseSubjectWeights(text, "w.csv").status().message());
  };
  EXPECT_EQ(error("math,1\nphysics\n"), "w.csv:2: expected `subject,weight`");
  EXPECT_EQ(error("math,-1"), "w.csv:1: a weight is a number from 0 on");
  EXPECT_EQ(error("math,inf"), "w.csv:1: a weight is a number from 0 on");
  EXPECT_EQ(error("a,1\na,2"), "w.csv:2: subject \"a\" has a weight already");
  EXPECT_EQ(error(""), "w.csv: no subject has a weight above 0");
  EXPECT_TRUE(ParseSubjectWeights("\"Arts, design\",2.5\n", "w.csv").ok());
}

TEST(ReportStudies, SeveralAgentsAreToldApart) {
  ExampleSweep sweep;
  auto& environments = sweep.view.environments[{1}];
  environments.push_back(environments[0]);
  environments[1].environment_id = 7;
  environments[1].agent = {9};
  environments[1].agent_name = "mac-studio-4";
  for (auto& row : sweep.view.results[{1}]) {
    row.environment_id = row.unit < 500 ? 1 : 7;
  }
  const Report report = sweep.Build();
  ASSERT_EQ(report.pairs[0].of_agents.size(), 2U);
  EXPECT_EQ(report.pairs[0].of_agents[1].name, "mac-studio-4");
  EXPECT_EQ(report.pairs[0].of_agents[0].outcomes.queries(), 500);
  EXPECT_EQ(report.pairs[0].of_agents[0].outcomes.correct(), 220);
  EXPECT_NEAR(*report.pairs[0].of_agents[0].joules_per_query, 140, 1e-9);
  const json rendered = json::parse(coordinator::RenderJson(report));
  EXPECT_EQ(rendered["pairs"][0]["by"]["agent"]["mac-studio-4"]["queries"], 498);
  EXPECT_FALSE(rendered["pairs"][1]["by"].contains("agent"));
}

}  // namespace
}  // namespace wattfleet::testing
