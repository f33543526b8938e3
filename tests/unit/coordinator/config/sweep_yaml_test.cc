#include "coordinator/config/sweep_yaml.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::wattfleet::testing::StatusIs;

absl::StatusOr<SweepFile> Parse(const std::string& text) {
  return ParseSweep(text, "s.yaml", "/lab/sweeps", [](const std::string& name) {
    return name == "QUANT" ? std::optional<std::string>("q8_0") : std::nullopt;
  });
}

// A file with `more` after what every file needs.
std::string With(const std::string& more) {
  return "sweep: night\n"
         "workload: questions\n"
         "models: [{name: m, serve: [{engine: vllm, ref: org/m}]}]\n" +
         more;
}

// A file whose one model is `model`.
std::string WithModel(const std::string& model) {
  return "sweep: night\nworkload: questions\nmodels:\n  - " + model + "\n";
}

constexpr char kFullFile[] = R"(
sweep: overnight-small-models
workload: mmlu-pro-12k
limit: 2000
repetitions: 2
passes: 1
models:
  - name: llama-3.1-8b-instruct
    parameters: {total: 8.03e9, active: 8.03e9}
    released: 2024-07-23
    serve:
      - {engine: ollama, ref: "llama3.1:8b", quantization: q4_k_m}
      - {engine: vllm, ref: meta-llama/Llama-3.1-8B-Instruct, revision: 0e9e39f, quantization: bf16}
    price: {input_per_million: 0.05, output_per_million: 0.08, as_of: 2026-11-01}
    generation: {max_output_tokens: 8192}
  - name: recorded
    builds: all
    serve: [{engine: replay, ref: ../data/answers.jsonl.gz, location: cloud}]
accelerators: [apple-m4-max-*, nvidia-h200]
conditions: [isolated, {served: 16}]
exclude: [{model: "*70b*", accelerator: "apple-*"}]
prompt: {template: auto, shots: 0, system: null}
generation: {temperature: 0.6, top_p: 0.95, top_k: 20, seed: 1, max_output_tokens: 32768,
             context_tokens: 40960, thinking: off, stop: []}
cache: off
timeouts: {connect: 5s, first_token: 2m, idle: 60s, query: 10m}
retry: {errors: 3, crashes: 2}
energy: {require: null}
grading: {default: auto, judge: null}
budget: null
window: null
)";

TEST(ParseSweepTest, ReadsEveryKey) {
  WF_ASSERT_OK_AND_ASSIGN(const SweepFile file, Parse(kFullFile));

  EXPECT_EQ(file.sweep, "overnight-small-models");
  EXPECT_EQ(file.workload.name, "mmlu-pro-12k");
  EXPECT_EQ(file.limit, 2000);
  EXPECT_EQ(file.repetitions, 2);
  EXPECT_THAT(file.accelerators, ElementsAre("apple-m4-max-*", "nvidia-h200"));
  EXPECT_THAT(file.conditions, ElementsAre(Condition{}, Condition{16}));
  ASSERT_THAT(file.exclude, SizeIs(1));
  EXPECT_EQ(file.exclude[0].accelerator_pattern, "apple-*");
  EXPECT_EQ(file.timeouts.first_token, std::chrono::minutes(2));
  EXPECT_EQ(file.retry.crashes, 2);
  ASSERT_THAT(file.models, SizeIs(2));
  EXPECT_EQ(file.models[0].parameters_total, 8.03e9);
  EXPECT_EQ(file.models[0].released, "2024-07-23");
  ASSERT_THAT(file.models[0].serve, SizeIs(2));
  EXPECT_EQ(file.models[0].serve[1].build.revision, "0e9e39f");
  EXPECT_EQ(file.models[0].price->output_per_million, 0.08);
  EXPECT_TRUE(file.models[1].all_builds);
  EXPECT_EQ(file.models[1].serve[0].location, Location::kCloud);
}

TEST(ParseSweepTest, AModelOverridesTheSweepsGenerationKeyByKey) {
  WF_ASSERT_OK_AND_ASSIGN(const SweepFile file, Parse(kFullFile));

  EXPECT_EQ(file.models[0].generation.max_output_tokens, 8192);
  EXPECT_EQ(file.models[0].generation.temperature, 0.6);
  EXPECT_EQ(file.models[0].generation.thinking, Thinking::kOff);
  EXPECT_EQ(file.models[1].generation.max_output_tokens, 32768);
}

TEST(ParseSweepTest, FillsInTheDefaults) {
  WF_ASSERT_OK_AND_ASSIGN(const SweepFile file, Parse(With("")));

  EXPECT_EQ(file.limit, std::nullopt);
  EXPECT_EQ(file.repetitions, 1);
  EXPECT_THAT(file.accelerators, ElementsAre("any"));
  EXPECT_THAT(file.conditions, ElementsAre(Condition{}));
  EXPECT_EQ(file.prompt_template, "auto");
  EXPECT_EQ(file.models[0].generation, Generation());
  EXPECT_EQ(file.models[0].serve[0].location, std::nullopt);
}

TEST(ParseSweepTest, PathsBeginAtTheFilesFolder) {
  WF_ASSERT_OK_AND_ASSIGN(
      const SweepFile file,
      Parse(
          "sweep: s\nworkload: ./q/questions.jsonl.gz\nmodels:\n"
          "  - name: m\n"
          "    serve: [{engine: replay, ref: ../r.jsonl}, {engine: llama-server, ref: ./m.gguf},\n"
          "            {engine: vllm, ref: org/m},\n"
          "            {engine: openai, ref: x, base_url: \"https://a.b/v1\", api_key_file: "
          "key}]\n"));

  EXPECT_EQ(file.workload.path, "/lab/sweeps/q/questions.jsonl.gz");
  EXPECT_EQ(file.workload.name, "questions");
  EXPECT_EQ(file.models[0].serve[0].build.ref, "/lab/r.jsonl");
  EXPECT_EQ(file.models[0].serve[1].build.ref, "/lab/sweeps/m.gguf");
  EXPECT_EQ(file.models[0].serve[2].build.ref, "org/m");
  EXPECT_EQ(file.models[0].serve[3].build.api_key_file, "/lab/sweeps/key");
}

TEST(ParseSweepTest, AWorkloadMayBeAMapping) {
  WF_ASSERT_OK_AND_ASSIGN(
      const SweepFile file,
      Parse("sweep: s\nseed: 7\nmodels: [{name: m, serve: [{engine: synthetic}]}]\n"
            "workload: {path: /data/q.jsonl, name: mine, preset: jsonl, map: {question: text}}\n"));

  EXPECT_EQ(file.workload.path, "/data/q.jsonl");
  EXPECT_EQ(file.workload.name, "mine");
  EXPECT_EQ(file.workload.preset, "jsonl");
  EXPECT_THAT(file.workload.map,
              ElementsAre(std::pair<std::string, std::string>("question", "text")));
  EXPECT_EQ(file.seed, 7U);
}

TEST(ParseSweepTest, ExpandsVariables) {
  WF_ASSERT_OK_AND_ASSIGN(
      const SweepFile file,
      Parse(WithModel("{name: m, serve: [{engine: vllm, ref: r, quantization: \"${QUANT}\"}]}")));

  EXPECT_EQ(file.models[0].serve[0].build.quantization, "q8_0");
}

struct BadFile {
  std::string text;
  std::string message;

  friend void PrintTo(const BadFile& bad, std::ostream* os) { *os << bad.message; }
};

class BadSweepTest : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadSweepTest, GetsOneLineThatSaysWhatWhereAndWhatWouldBeRight) {
  const auto status = Parse(GetParam().text).status();

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, BadSweepTest,
    ::testing::Values(
        BadFile{With("acelerators: [any]\n"),
                "s.yaml:4:1: unknown key \"acelerators\"; nearest is \"accelerators\""},
        BadFile{With("timeouts: {idel: 5s}\n"),
                "s.yaml:4:12: unknown key \"idel\"; nearest is \"idle\""},
        BadFile{"workload: q\nmodels: []\n", "s.yaml:1:1: key \"sweep\" is missing"},
        BadFile{"sweep: s\nmodels: [{name: m, serve: [{engine: synthetic}]}]\n",
                "key \"workload\" is missing"},
        BadFile{"sweep: s\nworkload: q\nmodels: []\n", "s.yaml:3:9: models: the list is empty"},
        BadFile{"[]\n", "s.yaml:1:1: a sweep file: expected a mapping, got a list"},
        BadFile{With("sweep: again\n"), "s.yaml:4:1: key \"sweep\" is given twice"}));

INSTANTIATE_TEST_SUITE_P(
    Values, BadSweepTest,
    ::testing::Values(
        BadFile{With("limit: many\n"),
                "s.yaml:4:8: limit: expected a whole number of at least 1, got \"many\""},
        BadFile{With("limit: 0\n"), "limit: expected a whole number of at least 1"},
        BadFile{With("repetitions: 1.5\n"), "repetitions: expected a whole number"},
        BadFile{With("seed: 7\n"), "seed: the order of a workload is set when it is imported"},
        BadFile{With("accelerators: [Apple M4]\n"), "\"Apple M4\" is not an accelerator's id"},
        BadFile{With("accelerators: [any, cpu]\n"), "`any` stands alone"},
        BadFile{With("accelerators: []\n"), "accelerators: the list is empty"},
        BadFile{With("conditions: [fast]\n"), "conditions: \"fast\" is not known"},
        BadFile{With("conditions: [{served: 0}]\n"), "served: expected a whole number from 1"},
        BadFile{With("conditions: [isolated, isolated]\n"), "isolated is named twice"},
        BadFile{With("exclude: [{accelerator: cpu}]\n"), "has no accelerator to exclude"},
        BadFile{With("timeouts: {query: 0s}\n"), "0s would fail every query"},
        BadFile{With("timeouts: {query: 90}\n"), "query: expected a duration"},
        BadFile{With("prompt: {template: plane}\n"), "template: \"plane\" is neither auto nor"},
        BadFile{With("generation: {top_p: 2}\n"), "top_p: expected a number from 0 to 1"},
        BadFile{With("generation: {thinking: hard}\n"), "thinking: \"hard\" is not known"},
        BadFile{"sweep: a/b\nworkload: q\nmodels: [{name: m, serve: [{engine: synthetic}]}]\n",
                "s.yaml:1:8: sweep: \"a/b\" is not a name"},
        BadFile{"sweep: s\nworkload: {name: q, preset: jsonl}\n"
                "models: [{name: m, serve: [{engine: synthetic}]}]\n",
                "preset and map go with a path"}));

INSTANTIATE_TEST_SUITE_P(
    Models, BadSweepTest,
    ::testing::Values(
        BadFile{
            WithModel("{name: m, serve: [{engine: olama, ref: x}]}"),
            "s.yaml:4:32: engine: \"olama\" is not known; nearest is \"ollama\", one of ollama, "
            "llama-server, vllm, lmstudio, mlx, openai, replay, synthetic"},
        BadFile{WithModel("{name: m, serve: [{engine: vllm}]}"), "key \"ref\" is missing"},
        BadFile{WithModel("{name: m, serve: []}"), "serve: the list is empty"},
        BadFile{WithModel("{name: m}"), "key \"serve\" is missing"},
        BadFile{WithModel("{name: org/m, serve: [{engine: vllm, ref: x}]}"),
                "name: \"org/m\" is not a name"},
        BadFile{WithModel("{name: m, serve: [{engine: synthetic}]}\n  - {name: m, serve: "
                          "[{engine: synthetic}]}"),
                "s.yaml:5:5: model \"m\" is named twice"},
        BadFile{WithModel("{name: m, released: yesterday, serve: [{engine: synthetic}]}"),
                "released: expected a date such as 2024-07-23, got \"yesterday\""},
        BadFile{WithModel("{name: m, price: {input_per_million: 1}, serve: [{engine: synthetic}]}"),
                "key \"output_per_million\" is missing"},
        BadFile{WithModel("{name: m, parameters: {total: -1}, serve: [{engine: synthetic}]}"),
                "total: expected a number of at least 1"},
        BadFile{WithModel("{name: m, builds: all, serve: [{engine: vllm, ref: a}, {engine: vllm, "
                          "ref: b}]}"),
                "two builds are called \"vllm\""}));

INSTANTIATE_TEST_SUITE_P(
    Secrets, BadSweepTest,
    ::testing::Values(
        BadFile{WithModel("{name: m, serve: [{engine: openai, ref: x, api_key: sk-1}]}"),
                "unknown key \"api_key\"; nearest is \"api_key_file\""},
        BadFile{WithModel("{name: m, serve: [{engine: openai, ref: x, base_url: "
                          "\"https://u:p@h/v1\"}]}"),
                "base_url: may hold no user, password or query"},
        BadFile{WithModel("{name: m, serve: [{engine: vllm, ref: x, base_url: \"http://h\"}]}"),
                "base_url: only with engine openai"}));

INSTANTIATE_TEST_SUITE_P(
    KnownButNotHonoured, BadSweepTest,
    ::testing::Values(BadFile{With("passes: 2\n"), "passes: \"2\" is not supported yet"},
                      BadFile{With("prompt: {shots: 500}\n"), "shots"},
                      BadFile{With("grading: {default: exact}\n"),
                              "default: \"exact\" is not supported yet"},
                      BadFile{With("energy: {require: host}\n"), "require: not supported yet"},
                      BadFile{With("budget: {cloud_usd: 20}\n"), "cloud_usd: not supported yet"},
                      BadFile{With("window: \"22:00-07:00\"\n"), "window: not supported yet"}));

INSTANTIATE_TEST_SUITE_P(
    Judges, BadSweepTest,
    ::testing::Values(
        BadFile{With("grading: {judge: {engine: openai}}\n"), "key \"ref\" is missing"},
        BadFile{With("grading: {default: judge}\n"), "default: judge needs to know who judges"},
        BadFile{With("grading: {default: pairwise, judge: {engine: vllm, ref: x, rule: and}}\n"),
                "rule"},
        BadFile{With("grading: {judge: {engine: vllm, ref: x, api_key: sk-1}}\n"),
                "unknown key \"api_key\""},
        BadFile{With("budget: {judge_usd: 20}\n"), "judge_usd: needs grading.judge with its price"},
        BadFile{With("grading: {judge: {engine: vllm, ref: x}}\nbudget: {judge_usd: 20}\n"),
                "an unknown price is not 0"},
        BadFile{
            With("grading: {judge: {engine: vllm, ref: x, fallback: {engine: vllm, ref: x}}}\n"),
            "fallback: is called x like the judge itself"},
        BadFile{With("grading: {judge: {engine: vllm, ref: x, fallback: {ref: y}}}\n"),
                "key \"engine\" is missing"},
        BadFile{
            With("grading: {judge: {engine: vllm, ref: x, fallback: {engine: vllm, ref: y, rule: "
                 "or}}}\n"),
            "unknown key \"rule\""},
        BadFile{With("grading: {judge: {engine: vllm, ref: x, price: {input_per_million: 1, "
                     "output_per_million: 2}, fallback: {engine: vllm, ref: y}}}\n"
                     "budget: {judge_usd: 20}\n"),
                "judge_usd: needs the price of grading.judge.fallback too"}));

TEST(CheckFilesExistTest, NamesTheFirstFileThatIsMissingAndTheNearest) {
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / "wf_check_files_exist";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "answers.jsonl") << "{}\n";
  SweepFile file;
  file.models.emplace_back().name = "m";
  Build& build = file.models[0].serve.emplace_back().build;
  build.engine = "replay";

  build.ref = (directory / "answers.jsonl").string();
  WF_EXPECT_OK(CheckFilesExist(file));
  build.ref = (directory / "answer.jsonl").string();
  EXPECT_THAT(CheckFilesExist(file), StatusIs(absl::StatusCode::kInvalidArgument,
                                              "models.m.serve: no such file: " + build.ref +
                                                  "; nearest is \"answers.jsonl\""));
}

}  // namespace
}  // namespace wattfleet::coordinator
