#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/config/sweep_yaml.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;

// Every field away from its default.
SweepFile FullFile() {
  SweepFile file;
  file.sweep = "full";
  file.workload = {.name = "mine",
                   .path = "/data/a b.jsonl",
                   .preset = "jsonl",
                   .map = {{"question", "text: \"x\""}}};
  file.limit = 50;
  file.seed = 18446744073709551615ULL;
  file.repetitions = 3;
  ModelEntry& model = file.models.emplace_back();
  model.name = "m";
  model.parameters_total = 8.03e9;
  model.parameters_active = 1.0 / 3.0 * 1e9;
  model.released = "2024-07-23";
  model.all_builds = true;
  model.price = Price{.input_per_million = 0.05,
                      .output_per_million = 0.08,
                      .cached_input_per_million = 0.01,
                      .as_of = "2026-11-01"};
  model.serve.push_back({.build = {.engine = "openai",
                                   .ref = "${HOME}",
                                   .revision = "0e9e39f",
                                   .quantization = "q4_k_m",
                                   .base_url = "https://a.b/v1",
                                   .api_key_file = "/keys/k"},
                         .location = Location::kCloud});
  model.serve.push_back({.build = {.engine = "replay", .ref = "/r.jsonl"}, .location = {}});
  model.generation = {.temperature = 0.6,
                      .top_p = 0.95,
                      .top_k = 20,
                      .seed = -1,
                      .max_output_tokens = 100,
                      .context_tokens = 4096,
                      .thinking = Thinking::kMedium,
                      .stop = {"\n\n", "###", "null"}};
  ModelEntry& plain = file.models.emplace_back();
  plain.name = "plain";
  plain.serve.push_back({.build = {.engine = "synthetic"}, .location = {}});
  file.accelerators = {"apple-*", "nvidia-h200"};
  file.conditions = {Condition{}, Condition{16}};
  file.exclude = {{.model_pattern = "*70b*", .accelerator_pattern = "apple-*"}};
  file.prompt_template = "Q: {question}\n${x}\nA:";
  file.system_prompt = "Be brief.\nVery.";
  file.timeouts.query = std::chrono::milliseconds(1500);
  file.retry = {.errors = 0, .crashes = 9};
  file.default_grader = "pairwise";
  JudgeEntry& judge = file.judge.emplace();
  judge.name = "wise";
  judge.serve = {.build = {.engine = "openai", .ref = "wise-2026", .api_key_file = "/keys/j"},
                 .location = Location::kCloud};
  judge.price = Price{.input_per_million = 2, .output_per_million = 8, .as_of = "2026-11-01"};
  judge.generation = {.temperature = 0.2, .max_output_tokens = 64};
  judge.condition.concurrency = 4;
  judge.requests_per_minute = 500;
  judge.rule = JudgeRule::kOr;
  JudgeEntry& fallback = file.fallback_judge.emplace(judge);
  fallback.name = "wiser";
  fallback.serve.build = {.engine = "vllm", .ref = "wiser-2026"};
  fallback.requests_per_minute.reset();
  file.judge_budget_usd = 20.5;
  return file;
}

TEST(ResolvedSweepTest, IsReadBackAsTheSameFile) {
  const std::string text = ResolvedSweep(FullFile());

  WF_ASSERT_OK_AND_ASSIGN(const SweepFile back, ParseResolvedSweep(text));

  EXPECT_EQ(back, FullFile());
  EXPECT_EQ(ResolvedSweep(back), text);
}

TEST(ResolvedSweepTest, WritesEveryDefaultDown) {
  SweepFile file;
  file.sweep = "s";
  file.workload.name = "q";
  file.models.emplace_back().name = "m";
  file.models[0].serve.emplace_back().build.engine = "synthetic";
  file.accelerators = {"any"};
  file.conditions = {Condition{}};

  const std::string text = ResolvedSweep(file);

  for (const char* line :
       {"limit: null\n", "repetitions: 1\n", "temperature: null", "max_output_tokens: 32768",
        "cache: off\n", "timeouts: {connect: 5s, first_token: 2m, idle: 1m, query: 10m}\n",
        "retry: {errors: 3, crashes: 3}\n", "conditions: [isolated]\n", "builds: first\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
