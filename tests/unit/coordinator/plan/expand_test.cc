#include "coordinator/plan/expand.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/plan/sweep_examples.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<InstanceOffer> Lab() {
  return {Instance("nvidia-h200", {Engine("vllm", {"org/small", "org/large"})}),
          Instance("apple-m4-max", {Engine("ollama", {"small:1b"})}),
          Instance("apple-m4-pro", {Engine("ollama", {"small:1b", "other:3b"})})};
}

std::vector<std::string> Names(const Expansion& expansion) {
  std::vector<std::string> names;
  for (const PairSpec& pair : expansion.pairs) {
    names.push_back(PairName(pair));
  }
  return names;
}

std::vector<std::string> Lines(const Expansion& expansion) {
  std::vector<std::string> lines;
  for (const Unsatisfied& unsatisfied : expansion.unsatisfied) {
    lines.push_back(UnsatisfiableLine(unsatisfied));
  }
  return lines;
}

TEST(ExpandSweepTest, AnyAloneMakesOnePairPerModelWhoeverAnswers) {
  const Expansion expansion = ExpandSweep(TwoModels(), HundredQueries(), Lab());

  EXPECT_THAT(Names(expansion),
              ElementsAre("small/ollama-q4_k_m/any/isolated", "large-70b/vllm/any/isolated"));
  EXPECT_THAT(expansion.unsatisfied, IsEmpty());
}

TEST(ExpandSweepTest, TheSweepsCachePolicyReachesEveryPair) {
  SweepFile file = TwoModels();
  for (const PairSpec& pair : ExpandSweep(file, HundredQueries(), Lab()).pairs) {
    EXPECT_FALSE(pair.generation.cache_as_served);
  }
  file.cache = "as-served";
  for (const PairSpec& pair : ExpandSweep(file, HundredQueries(), Lab()).pairs) {
    EXPECT_TRUE(pair.generation.cache_as_served);
  }
}

TEST(ExpandSweepTest, PatternsCoverTheFleetsAcceleratorsInTheFilesOrder) {
  SweepFile file = TwoModels();
  file.accelerators = {"nvidia-*", "apple-m4-*"};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), Lab());

  EXPECT_THAT(Names(expansion), ElementsAre("small/vllm/nvidia-h200/isolated",
                                            "small/ollama-q4_k_m/apple-m4-max/isolated",
                                            "small/ollama-q4_k_m/apple-m4-pro/isolated",
                                            "large-70b/vllm/nvidia-h200/isolated"));
}

TEST(ExpandSweepTest, TheOrderOfTheFleetDoesNotShow) {
  SweepFile file = TwoModels();
  file.accelerators = {"*"};
  file.models.push_back(Model("absent", {Serve("mlx", "m")}));
  std::vector<InstanceOffer> reversed = Lab();
  std::reverse(reversed.begin(), reversed.end());

  const Expansion one = ExpandSweep(file, HundredQueries(), Lab());
  const Expansion other = ExpandSweep(file, HundredQueries(), reversed);

  EXPECT_EQ(one.pairs, other.pairs);
  EXPECT_EQ(Lines(one), Lines(other));
}

TEST(ExpandSweepTest, PerAcceleratorTheFirstEntryThatRunsThereMakesThePair) {
  SweepFile file = TwoModels();
  file.accelerators = {"*"};
  std::vector<InstanceOffer> fleet = {
      Instance("both", {Engine("vllm", {"*"}), Engine("ollama", {"*"})})};

  EXPECT_THAT(Names(ExpandSweep(file, HundredQueries(), fleet)),
              ElementsAre("small/ollama-q4_k_m/both/isolated", "large-70b/vllm/both/isolated"));
}

TEST(ExpandSweepTest, BuildsAllMakesAPairOfEachEntryThatRuns) {
  SweepFile file = TwoModels();
  file.accelerators = {"*"};
  file.models[0].all_builds = true;
  std::vector<InstanceOffer> fleet = {
      Instance("both", {Engine("vllm", {"*"}), Engine("ollama", {"*"})})};

  EXPECT_THAT(Names(ExpandSweep(file, HundredQueries(), fleet)),
              ElementsAre("small/ollama-q4_k_m/both/isolated", "small/vllm/both/isolated",
                          "large-70b/vllm/both/isolated"));
}

TEST(ExpandSweepTest, EachConditionIsItsOwnPair) {
  SweepFile file = TwoModels();
  file.models.pop_back();
  file.conditions = {Condition{}, Condition{16}};

  EXPECT_THAT(Names(ExpandSweep(file, HundredQueries(), Lab())),
              ElementsAre("small/ollama-q4_k_m/any/isolated", "small/ollama-q4_k_m/any/served-16"));
}

TEST(ExpandSweepTest, ExclusionsLeaveOutWhatBothPatternsCover) {
  SweepFile file = TwoModels();
  file.accelerators = {"*"};
  file.exclude = {{.model_pattern = "small", .accelerator_pattern = "apple-*"},
                  {.model_pattern = "*70b*", .accelerator_pattern = "*"}};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), Lab());

  EXPECT_THAT(Names(expansion), ElementsAre("small/vllm/nvidia-h200/isolated"));
  EXPECT_THAT(expansion.unsatisfied, IsEmpty());
}

TEST(ExpandSweepTest, AnAcceleratorNamedInFullMakesItsPairBeforeAnInstanceIsThere) {
  SweepFile file = TwoModels();
  file.models.pop_back();
  file.accelerators = {"amd-mi300x", "nvidia-*"};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), Lab());

  EXPECT_THAT(Names(expansion), ElementsAre("small/ollama-q4_k_m/amd-mi300x/isolated",
                                            "small/vllm/nvidia-h200/isolated"));
  EXPECT_THAT(Lines(expansion),
              ElementsAre("UNSATISFIABLE: small needs ollama small:1b on amd-mi300x, nearest "
                          "ollama small:1b on apple-m4-max"));
}

TEST(ExpandSweepTest, AModelThatNobodyServesIsNamedWithTheNearestThing) {
  SweepFile file = TwoModels();
  file.models = {Model("small", {Serve("ollama", "smal:1b"), Serve("mlx", "mlx/small")})};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), Lab());

  EXPECT_THAT(expansion.pairs, IsEmpty());
  EXPECT_THAT(Lines(expansion),
              ElementsAre("UNSATISFIABLE: small needs ollama smal:1b or mlx mlx/small on any "
                          "accelerator, nearest ollama small:1b on apple-m4-max"));
}

TEST(ExpandSweepTest, WithoutAgentsThereIsNoNearest) {
  SweepFile file = TwoModels();
  file.models.pop_back();
  file.accelerators = {"apple-*"};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), {});

  EXPECT_THAT(expansion.pairs, IsEmpty());
  EXPECT_THAT(Lines(expansion), ElementsAre("UNSATISFIABLE: small needs ollama small:1b or vllm "
                                            "org/small on apple-*, nearest no agent is connected"));
}

TEST(UnsatisfiableTextTest, NamesTheFirstAndCountsTheRest) {
  const Expansion expansion = ExpandSweep(TwoModels(), HundredQueries(), {});

  EXPECT_EQ(UnsatisfiableText(expansion.unsatisfied),
            "UNSATISFIABLE: small needs ollama small:1b or vllm org/small on any accelerator, "
            "nearest no agent is connected (and 1 more)");
  EXPECT_EQ(UnsatisfiableText({}), "");
}

TEST(ExpandSweepTest, LocationIsTheEntrysElseTheInstances) {
  SweepFile file = TwoModels();
  file.models = {Model("recorded", {Serve("replay", "/r.jsonl")}),
                 Model("api", {Serve("openai", "x")})};
  file.models[0].serve[0].location = Location::kCloud;
  InstanceOffer cloud = Instance("cloud", {Engine("openai", {"x"})});
  cloud.location = Location::kCloud;
  const std::vector<InstanceOffer> fleet = {Instance("cpu", {Engine("replay", {"*"})}), cloud};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), fleet);

  ASSERT_THAT(expansion.pairs, SizeIs(2));
  EXPECT_EQ(expansion.pairs[0].location, Location::kCloud);
  EXPECT_EQ(expansion.pairs[1].location, Location::kCloud);
}

TEST(ExpandSweepTest, APairCarriesAllThatTheFileSays) {
  SweepFile file = TwoModels();
  file.repetitions = 3;
  file.retry.errors = 7;
  file.timeouts.query = std::chrono::minutes(1);
  file.models[0].parameters_total = 8.03e9;
  file.models[0].generation.temperature = 0.25;
  file.models[0].price = Price{.input_per_million = 0.5, .output_per_million = 1.5};

  const Expansion expansion = ExpandSweep(file, HundredQueries(), Lab());

  ASSERT_THAT(expansion.pairs, SizeIs(2));
  const PairSpec& pair = expansion.pairs[0];
  EXPECT_EQ(pair.n_units, 300);
  EXPECT_EQ(pair.repetitions, 3);
  EXPECT_EQ(pair.retry.errors, 7);
  EXPECT_EQ(pair.timeouts.query, std::chrono::minutes(1));
  EXPECT_EQ(pair.parameters_total, 8.03e9);
  EXPECT_EQ(pair.generation.temperature, 0.25);
  EXPECT_EQ(pair.price, file.models[0].price);
  EXPECT_EQ(pair.plan_hash.size(), 32U);
}

}  // namespace
}  // namespace wattfleet::coordinator
