// Writes the HTML reports that report_page_test.py opens in a browser, of sweeps that are made up:
// report_pages DIRECTORY
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/check/check.h"
#include "common/random/random.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/render.h"
#include "tests/support/fake_sweep_view.h"

namespace wattfleet::testing {
namespace {

using coordinator::Estimate;
using coordinator::PairSnapshot;
using coordinator::Report;

constexpr std::int64_t kQueries = 600;

// A pair as its page should show it.
struct MadeUpPair {
  const char* model;
  const char* released;
  double parameters;
  const char* engine;
  const char* quantization;
  const char* accelerator;
  bool is_cloud;
  double share_correct;
  double watts;    // 0: no sensor
  double seconds;  // the median
};

constexpr MadeUpPair kPairs[] = {
    {"mistral-7b", "2023-09-27", 7.2e9, "ollama", "q4_k_m", "apple-m4-max-40c-128gb", false, 0.33,
     38, 4.2},
    {"llama-3.1-8b", "2024-07-23", 8e9, "ollama", "q4_k_m", "apple-m4-max-40c-128gb", false, 0.44,
     41, 4.8},
    {"llama-3.1-8b", "2024-07-23", 8e9, "vllm", "bf16", "nvidia-h200", true, 0.46, 402, 0.9},
    {"qwen3-4b", "2025-04-29", 4e9, "ollama", "q4_k_m", "apple-m4-max-40c-128gb", false, 0.52, 33,
     6.1},
    {"qwen3-4b", "2025-04-29", 4e9, "vllm", "bf16", "nvidia-h200", true, 0.55, 371, 1.1},
    {"qwen3-14b", "2025-04-29", 14e9, "ollama", "q4_k_m", "apple-m4-max-40c-128gb", false, 0.63, 58,
     13},
    {"gpt-oss-20b", "2025-08-05", 21e9, "llama-server", "mxfp4", "nvidia-rtx-4090", false, 0.68,
     212, 3.4},
    {"gpt-oss-120b", "2025-08-05", 117e9, "vllm", "mxfp4", "nvidia-h200", true, 0.76, 455, 2.2},
    {"qwen3-235b", "2025-07-25", 235e9, "vllm", "fp8", "nvidia-h200-x4", true, 0.79, 1710, 3.9},
    {"frontier-api", "2025-10-01", 0, "openai", "", "any", true, 0.83, 0, 2.8},
};

class Office {
 public:
  Office() {
    view_.record = {.id = {1},
                    .name = "office-fleet-november",
                    .state = coordinator::SweepState::kCompleteWithGaps,
                    .reason = "",
                    .resolved = "",
                    .workload_id = "sha256:9c1d0b7a55e21f",
                    .workload_name = "mixed-600",
                    .n_queries = kQueries,
                    .created_unix_ms = 0};
    workload_.workload_facts = {
        .id = view_.record.workload_id, .name = "mixed-600", .queries = kQueries, .strata = {}};
    workload_.dataset_names = {"mmlu-pro", "gsm8k"};
    workload_.subject_names = {"biology", "chemistry", "economics", "engineering", "law", "math"};
    for (std::int64_t q = 0; q < kQueries; ++q) {
      workload_.keys.push_back({.q = q,
                                .dataset = q % 5 == 0 ? 1 : 0,
                                .subject = static_cast<std::int32_t>(q % 6),
                                .options = q % 5 == 0 ? 0 : 10});
      view_.sample.push_back(q);
    }
    view_.graders = {{"mcq", 2}, {"numeric", 1}};
    for (const MadeUpPair& pair : kPairs) {
      Add(pair);
    }
  }

  // How many units of each pair are done; all of them unless said.
  Report Build(std::int64_t done = kQueries) {
    for (auto& [pair, rows] : view_.results) {
      rows.resize(static_cast<std::size_t>(done));
    }
    for (auto& [pair, rows] : view_.energy) {
      rows.resize(std::min(rows.size(), static_cast<std::size_t>(done)));
    }
    if (done < kQueries) {
      view_.record.state = coordinator::SweepState::kRunning;
    }
    coordinator::ReportOptions options;
    options.settings = {{"prompt template", "auto-v1:1a2b3c4d"}, {"prefix cache", "off"}};
    auto report = BuildReport(view_, workload_, options);
    WF_CHECK(report.ok());
    return *std::move(report);
  }

 private:
  // About normal, of mean 0 and variance 1.
  double Bell() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      sum += random_.Unit();
    }
    return sum;
  }

  void Add(const MadeUpPair& made_up) {
    const auto id = static_cast<std::int64_t>(view_.pairs.size()) + 1;
    PairSnapshot snapshot;
    snapshot.spec.id = {id};
    snapshot.spec.sweep = {1};
    snapshot.spec.model = made_up.model;
    snapshot.spec.released = made_up.released;
    if (made_up.parameters > 0) {
      snapshot.spec.parameters_total = snapshot.spec.parameters_active = made_up.parameters;
    }
    snapshot.spec.build = {.engine = made_up.engine,
                           .ref = std::string(made_up.model) + ":latest",
                           .revision = "",
                           .quantization = made_up.quantization,
                           .base_url = "",
                           .api_key_file = ""};
    snapshot.spec.accelerator = made_up.accelerator;
    snapshot.spec.location = made_up.is_cloud ? Location::kCloud : Location::kLocal;
    snapshot.spec.price = Price{.input_per_million = 0.1 * static_cast<double>(id),
                                .output_per_million = 0.4 * static_cast<double>(id),
                                .cached_input_per_million = std::nullopt,
                                .as_of = "2026-11-01"};
    view_.pairs.push_back(snapshot);
    AddResults(made_up, {id});
    AddMachine(made_up, {id});
  }

  void AddResults(const MadeUpPair& made_up, PairId pair) {
    for (Unit unit = 0; unit < kQueries; ++unit) {
      coordinator::ResultRow row;
      row.unit = unit;
      row.q = unit;
      row.environment_id = pair.value;
      row.sent_unix_ms = 1'700'000'000'000 + unit * 60'000;
      const double took = made_up.seconds * std::exp(0.5 * Bell());
      row.duration_ns = static_cast<std::int64_t>(took * 1e9);
      row.ttft_ns = row.duration_ns / 8;
      row.input_tokens = 240;
      row.cached_tokens = 0;
      row.output_tokens = static_cast<std::int64_t>(120 * took / made_up.seconds);
      row.flags = unit < 5 ? kFlagWarmup : unit % 97 == 3 ? kFlagTruncated : 0;
      const double skill = made_up.share_correct + 0.04 * static_cast<double>(unit % 6) - 0.1;
      row.verdict = random_.Chance(skill) ? VerdictValue::kCorrect
                    : random_.Chance(0.1) ? VerdictValue::kNoAnswer
                                          : VerdictValue::kWrong;
      if (unit == 17 && pair.value == 2) {
        row.status = ResultStatus::kFailed;
        row.failure = Failure::kContextOverflow;
        row.verdict.reset();
      }
      view_.results[pair].push_back(row);
      if (made_up.watts > 0) {
        view_.energy[pair].push_back(
            {.unit = unit,
             .channel_id = pair.value,
             .status = EnergyStatus::kMeasured,
             .gross = static_cast<Microjoules>(took * made_up.watts * (1 + 0.06 * Bell()) * 1e6),
             .flags = 0});
      }
    }
  }

  void AddMachine(const MadeUpPair& made_up, PairId pair) {
    view_.environments[pair] = {
        {.environment_id = pair.value,
         .agent = {pair.value},
         .agent_name = std::string("agent-of-") + made_up.accelerator,
         .instance = "gpu0",
         .environment = {.seal = {}, .facts_json = R"({"ac":true,"engine_version":"0.12.3"})"},
         .results = kQueries}};
    if (made_up.watts == 0) {
      return;
    }
    const bool is_mac = std::string(made_up.accelerator).rfind("apple", 0) == 0;
    view_.channels.push_back(
        {.channel_id = pair.value,
         .agent = {pair.value},
         .facts = {.name = is_mac ? "ioreport/soc" : "network/module",
                   .source = is_mac ? "ioreport" : "prometheus",
                   .scope = is_mac ? Scope::kSystemOnChip : Scope::kModule,
                   .facts_json = R"({"kind":"counter","method":"alloc-v1","source":)"
                                 R"({"update_period_ms":20,"systematic_relative":0.0866}})"}});
    const auto joules =
        static_cast<std::int64_t>(made_up.watts * made_up.seconds * 1.13 * kQueries * 1e6);
    view_.ledger.push_back({.lease = {pair.value},
                            .pair = pair,
                            .channel_id = pair.value,
                            .entry = {.channel = 0,
                                      .total = joules,
                                      .attributed = joules * 93 / 100,
                                      .idle = joules * 5 / 100,
                                      .uncounted = joules / 100,
                                      .unassigned = joules / 100,
                                      .baseline_uw = 9'100'000}});
  }

  FakeSweepView view_;
  FakeWorkload workload_;
  Random random_{20261120};
};

std::optional<Estimate> Within(const std::optional<Estimate>& estimate, double relative) {
  if (!estimate) {
    return std::nullopt;
  }
  return Estimate{.value = estimate->value,
                  .low = estimate->value * (1 - relative),
                  .high = estimate->value * (1 + relative),
                  .note = ""};
}

// Every figure that a report can have, whether this sweep's rows are enough for it or not.
void Complete(Report& report) {
  for (coordinator::ReportedPair& pair : report.pairs) {
    pair.energy.estimates.power_watts = Within(pair.energy.estimates.power_watts, 0.08);
    pair.energy.estimates.ipw = Within(pair.energy.estimates.ipw, 0.1);
  }
  for (coordinator::ReportedComparison& comparison : report.comparisons) {
    comparison.ipw_ratio = Within(comparison.ipw_ratio, 0.12);
    comparison.ipj_ratio = Within(comparison.ipj_ratio, 0.15);
  }
  if (!report.difficulty) {
    report.difficulty =
        coordinator::Difficulty{.levels = {{"<=4B", 320, 1},
                                           {"<=8B", 96, 2},
                                           {"<=20B", 71, 2},
                                           {"<=235B", 62, 1},
                                           {"unsolved", 50, 0}},
                                .models = {"qwen3-4b", "mistral-7b", "llama-3.1-8b", "qwen3-14b",
                                           "gpt-oss-20b", "qwen3-235b"},
                                .left_out = {},
                                .queries = 599};
  }
  if (!report.trend) {
    report.trend = coordinator::Trend{.points = {{"2023-09-27", "mistral-7b", 0.33, 0.33, 0.33},
                                                 {"2024-07-23", "llama-3.1-8b", 0.46, 0.46, 0.61},
                                                 {"2025-04-29", "qwen3-4b", 0.55, 0.55, 0.79},
                                                 {"2025-04-29", "qwen3-14b", 0.63, 0.63, 0.88},
                                                 {"2025-07-25", "qwen3-235b", 0.79, 0.79, 0.94},
                                                 {"2025-08-05", "gpt-oss-20b", 0.68, 0.79, 0.96},
                                                 {"2025-08-05", "gpt-oss-120b", 0.76, 0.79, 0.97},
                                                 {"2025-10-01", "frontier-api", 0.83, 0.83, 0.98}},
                                      .years = {{.year = 2023,
                                                 .energy_class = "host",
                                                 .condition = "isolated",
                                                 .pair = report.pairs[0].id,
                                                 .ipw = 0.0087,
                                                 .accuracy = 0.33,
                                                 .power_watts = 38},
                                                {.year = 2024,
                                                 .energy_class = "host",
                                                 .condition = "isolated",
                                                 .pair = report.pairs[1].id,
                                                 .ipw = 0.0107,
                                                 .accuracy = 0.44,
                                                 .power_watts = 41,
                                                 .ipw_ratio = 1.23,
                                                 .accuracy_ratio = 1.33,
                                                 .power_ratio = 0.93}},
                                      .left_out = {},
                                      .queries = 599};
  }
  if (!report.routing) {
    coordinator::Routing routing{.baseline = report.pairs.back().id,
                                 .baseline_condition = "isolated",
                                 .baseline_accuracy = 0.83};
    routing.pool = {{report.pairs[3].id, "isolated", 310}, {report.pairs[5].id, "isolated", 120}};
    routing.queries = 599;
    routing.local_share = 0.72;
    routing.ranked_by = "energy";
    routing.energy_class = "host";
    routing.energy_reason = "baseline unmeasurable";
    for (const double accuracy : {1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.25, 0.0}) {
      routing.points.push_back({.router_accuracy = accuracy,
                                .accuracy = 0.83 + 0.08 * accuracy,
                                .cost_saved = 0.55 * accuracy,
                                .compute_saved = 0.41 * accuracy});
    }
    report.routing = routing;
  }
}

// Everything that somebody else wrote says something unkind.
void Poison(Report& report) {
  const std::string text =
      "</script><script>window.broken = 1</script><img src=x onerror=\"window.broken = 2\">"
      "'\"&\u2028\u2029--><!-- \xff {{x}} ${y} <b>bold</b> https://example.org/x.js";
  report.sweep_name = text;
  report.workload_name = text;
  report.datasets = {text};
  report.reason = text;
  report.settings = {{text, text}, {"system prompt", text}};
  report.quality.mismatches = {{.kind = "PROMPT_MISMATCH", .pairs = {text}, .text = text}};
  report.quality.graders = {{text, 1}};
  for (coordinator::ReportedUnion& one : report.unions) {
    one.name = text;
    for (std::string& member : one.result.members) member = text;
    for (coordinator::UnionStep& step : one.result.order) step.member = text;
  }
  int n = 0;
  for (coordinator::ReportedPair& pair : report.pairs) {
    pair.id = pair.model = pair.accelerator = text + std::to_string(n++);
    pair.build.ref = pair.build.digest = pair.build.quantization = text;
    pair.agents = {text};
    pair.energy.reason = text;
    pair.flags = {{text, 3}};
    pair.gaps = {{.kind = text, .reason = text, .results = 1}};
    for (auto& subject : pair.subjects) subject.name = text;
  }
}

void Write(const std::string& directory, const std::string& name, const Report& report) {
  std::ofstream(directory + "/" + name + ".html", std::ios::binary) << RenderHtml(report);
}

int Main(const std::string& directory) {
  Report full = Office().Build();
  Complete(full);
  Write(directory, "full", full);
  Poison(full);
  Write(directory, "hostile", full);
  Write(directory, "half", Office().Build(200));
  FakeSweepView nothing;
  nothing.record.name = "not-begun";
  const auto empty = BuildReport(nothing, FakeWorkload(), {});
  WF_CHECK(empty.ok());
  Write(directory, "empty", *empty);
  return 0;
}

}  // namespace
}  // namespace wattfleet::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: report_pages DIRECTORY\n");
    return 2;
  }
  return wattfleet::testing::Main(argv[1]);
}
