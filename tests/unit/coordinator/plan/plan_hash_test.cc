#include "coordinator/plan/plan_hash.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/plan/sweep_examples.h"

namespace wattfleet::coordinator {
namespace {

struct Plan {
  SweepFile file = TwoModels();
  SampleFacts sample = HundredQueries();
  PairSpec pair;

  Plan() {
    pair.model = "small";
    pair.build = file.models[0].serve[0].build;
    pair.accelerator = "any";
    pair.generation.temperature = 0.6;
  }
  std::string Hash() const { return PlanHash(file, sample, pair); }
};

TEST(PlanHashTest, TheCanonicalTextDoesNotChangeBetweenReleases) {
  EXPECT_EQ(PlanText(Plan().file, Plan().sample, Plan().pair),
            "wattfleet.plan/1\n"
            "workload 9 sha256:ab\n"
            "template 15 mcq-v1:12345678\n"
            "shots 1 0\n"
            "system 0 \n"
            "cache 3 off\n"
            "temperature 3 0.6\n"
            "top_p\n"
            "top_k\n"
            "seed\n"
            "max_output_tokens 5 32768\n"
            "context_tokens\n"
            "thinking 5 unset\n"
            "model 5 small\n"
            "engine 6 ollama\n"
            "ref 8 small:1b\n"
            "revision 0 \n"
            "quantization 6 q4_k_m\n"
            "accelerator 3 any\n"
            "condition 8 isolated\n");
  EXPECT_EQ(Plan().Hash().size(), 32U);
}

TEST(PlanHashTest, EverythingThatShapesAnAnswerChangesIt) {
  const std::vector<std::function<void(Plan&)>> changes = {
      [](Plan& p) { p.sample.workload_id = "sha256:ac"; },
      [](Plan& p) { p.sample.template_id = "mcq-v2:12345678"; },
      [](Plan& p) { p.file.prompt_shots = 5; },
      [](Plan& p) { p.file.system_prompt = "Be brief."; },
      [](Plan& p) { p.file.cache = "as-served"; },
      [](Plan& p) { p.pair.generation.temperature = 0.7; },
      [](Plan& p) { p.pair.generation.temperature = std::nullopt; },
      [](Plan& p) { p.pair.generation.top_p = 0.95; },
      [](Plan& p) { p.pair.generation.top_k = 20; },
      [](Plan& p) { p.pair.generation.seed = 1; },
      [](Plan& p) { p.pair.generation.max_output_tokens = 8192; },
      [](Plan& p) { p.pair.generation.context_tokens = 8192; },
      [](Plan& p) { p.pair.generation.thinking = Thinking::kOff; },
      [](Plan& p) { p.pair.generation.thinking = Thinking::kHigh; },
      [](Plan& p) { p.pair.generation.stop = {"\n"}; },
      [](Plan& p) {
        p.pair.generation.stop = {"a", "b"};
      },
      [](Plan& p) { p.pair.generation.stop = {"a\nstop 1 b"}; },
      [](Plan& p) { p.pair.model = "large"; },
      [](Plan& p) { p.pair.build.engine = "vllm"; },
      [](Plan& p) { p.pair.build.ref = "small:2b"; },
      [](Plan& p) { p.pair.build.revision = "abc"; },
      [](Plan& p) { p.pair.build.quantization = "q8_0"; },
      [](Plan& p) { p.pair.accelerator = "cpu"; },
      [](Plan& p) { p.pair.condition.concurrency = 16; },
  };
  std::set<std::string> hashes = {Plan().Hash()};
  for (const auto& change : changes) {
    Plan plan;
    change(plan);
    hashes.insert(plan.Hash());
  }

  EXPECT_EQ(hashes.size(), changes.size() + 1);
}

TEST(PlanHashTest, WhatMayGrowLaterDoesNotChangeIt) {
  Plan grown;
  grown.file.repetitions = 5;
  grown.file.passes = 2;
  grown.file.limit = 50;
  grown.sample.queries = 50;
  grown.pair.n_units = 250;
  grown.pair.repetitions = 5;

  EXPECT_EQ(grown.Hash(), Plan().Hash());
}

}  // namespace
}  // namespace wattfleet::coordinator
