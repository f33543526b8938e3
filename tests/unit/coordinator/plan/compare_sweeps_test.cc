#include "coordinator/plan/compare_sweeps.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/plan/sweep_examples.h"

namespace wattfleet::coordinator {
namespace {

using Kind = SweepDifference::Kind;

SweepDifference After(const std::function<void(SweepFile&)>& change) {
  SweepFile submitted = TwoModels();
  change(submitted);
  return CompareSweeps(TwoModels(), submitted);
}

TEST(CompareSweepsTest, TheSameFileResumes) {
  EXPECT_EQ(CompareSweeps(TwoModels(), TwoModels()).kind, Kind::kSame);
}

TEST(CompareSweepsTest, TheOrderOfModelsAndAcceleratorsDoesNotCount) {
  SweepFile file = TwoModels();
  file.accelerators = {"a", "b"};
  SweepFile reordered = file;
  std::swap(reordered.models[0], reordered.models[1]);
  std::swap(reordered.accelerators[0], reordered.accelerators[1]);

  EXPECT_EQ(CompareSweeps(file, reordered).kind, Kind::kSame);
}

TEST(CompareSweepsTest, AddedPairsRepetitionsAndPassesExtend) {
  const std::vector<std::function<void(SweepFile&)>> additions = {
      [](SweepFile& f) { f.repetitions = 2; },
      [](SweepFile& f) { f.passes = 2; },
      [](SweepFile& f) { f.models.insert(f.models.begin(), Model("new", {Serve("vllm", "n")})); },
      [](SweepFile& f) { f.accelerators.push_back("nvidia-h200"); },
      [](SweepFile& f) { f.conditions.push_back(Condition{16}); },
  };
  for (const auto& addition : additions) {
    EXPECT_EQ(After(addition).kind, Kind::kExtends);
  }
}

TEST(CompareSweepsTest, AnExclusionTakenAwayExtendsAndOneMoreDiffers) {
  SweepFile with = TwoModels();
  with.exclude = {Exclusion{.model_pattern = "*", .accelerator_pattern = "apple-*"}};

  EXPECT_EQ(CompareSweeps(with, TwoModels()).kind, Kind::kExtends);
  EXPECT_EQ(CompareSweeps(TwoModels(), with).first_key, "exclude");
}

TEST(CompareSweepsTest, AFallbackJudgeMayComeLaterAndThenStays) {
  SweepFile judged = TwoModels();
  judged.judge = JudgeEntry{.name = "wise"};
  SweepFile with_fallback = judged;
  with_fallback.fallback_judge = JudgeEntry{.name = "wiser"};

  EXPECT_EQ(CompareSweeps(judged, with_fallback).kind, Kind::kExtends);
  EXPECT_EQ(CompareSweeps(with_fallback, with_fallback).kind, Kind::kSame);
  EXPECT_EQ(CompareSweeps(with_fallback, judged).first_key, "grading.judge.fallback");
}

TEST(CompareSweepsTest, ABuildAddedToAllBuildsExtends) {
  SweepFile all = TwoModels();
  all.models[0].all_builds = true;
  SweepFile more = all;
  more.models[0].serve.push_back(Serve("mlx", "mlx/small"));

  EXPECT_EQ(CompareSweeps(all, more).kind, Kind::kExtends);
  EXPECT_EQ(CompareSweeps(more, all).first_key, "models.small.serve");
}

TEST(CompareSweepsTest, AnythingElseDiffersByName) {
  const struct {
    const char* key;
    std::function<void(SweepFile&)> change;
  } cases[] = {
      {"sweep", [](SweepFile& f) { f.sweep = "day"; }},
      {"workload", [](SweepFile& f) { f.workload.name = "others"; }},
      {"limit", [](SweepFile& f) { f.limit = 5; }},
      {"seed", [](SweepFile& f) { f.seed = 2; }},
      {"repetitions", [](SweepFile& f) { f.repetitions = 0; }},
      {"models.small", [](SweepFile& f) { f.models.erase(f.models.begin()); }},
      {"models.small.parameters", [](SweepFile& f) { f.models[0].parameters_total = 1e9; }},
      {"models.small.released", [](SweepFile& f) { f.models[0].released = "2024-07-23"; }},
      {"models.small.serve", [](SweepFile& f) { f.models[0].serve.pop_back(); }},
      {"models.small.serve",
       [](SweepFile& f) { f.models[0].serve[0].location = Location::kCloud; }},
      {"models.small.builds", [](SweepFile& f) { f.models[0].all_builds = true; }},
      {"models.small.price", [](SweepFile& f) { f.models[0].price = Price{}; }},
      {"models.large-70b.generation", [](SweepFile& f) { f.models[1].generation.seed = 3; }},
      {"accelerators", [](SweepFile& f) { f.accelerators = {"cpu"}; }},
      {"conditions", [](SweepFile& f) { f.conditions = {Condition{2}}; }},
      {"prompt", [](SweepFile& f) { f.system_prompt = "x"; }},
      {"prompt", [](SweepFile& f) { f.prompt_template = "plain"; }},
      {"cache", [](SweepFile& f) { f.cache = "as-served"; }},
      {"timeouts", [](SweepFile& f) { f.timeouts.idle = std::chrono::seconds(1); }},
      {"retry", [](SweepFile& f) { f.retry.crashes = 1; }},
      {"energy.require", [](SweepFile& f) { f.require_energy_class = "host"; }},
      {"grading.default", [](SweepFile& f) { f.default_grader = "exact"; }},
  };
  for (const auto& c : cases) {
    const SweepDifference difference = After(c.change);
    EXPECT_EQ(difference.kind, Kind::kDiffers) << c.key;
    EXPECT_EQ(difference.first_key, c.key);
  }
}

TEST(CompareSweepsTest, NamesTheFirstOfSeveralKeys) {
  EXPECT_EQ(After([](SweepFile& f) {
              f.cache = "as-served";
              f.limit = 5;
            }).first_key,
            "limit");
}

}  // namespace
}  // namespace wattfleet::coordinator
