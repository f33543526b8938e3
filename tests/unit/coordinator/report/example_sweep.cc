#include "tests/unit/coordinator/report/example_sweep.h"

#include <optional>
#include <utility>

#include "common/check/check.h"

namespace wattfleet::testing {

namespace {

using coordinator::EnergyRow;
using coordinator::PairSnapshot;
using coordinator::ResultRow;

constexpr std::int64_t kMath = 400;

std::int64_t Joules(std::int64_t joules) {
  return joules * 1'000'000;
}

VerdictValue VerdictOf(bool is_correct, bool is_no_answer) {
  return is_correct     ? VerdictValue::kCorrect
         : is_no_answer ? VerdictValue::kNoAnswer
                        : VerdictValue::kWrong;
}

EnergyRow Measured(Unit unit, std::int64_t channel, std::int64_t joules) {
  return {.unit = unit,
          .channel_id = channel,
          .status = EnergyStatus::kMeasured,
          .gross = Joules(joules),
          .flags = 0};
}

void AddAgent(FakeSweepView& view, PairId pair, std::int64_t agent, const std::string& name,
              const std::string& facts) {
  const auto results = static_cast<std::int64_t>(view.results[pair].size());
  view.environments[pair] = {{.environment_id = agent,
                              .agent = {agent},
                              .agent_name = name,
                              .instance = "gpu0",
                              .environment = {.seal = {}, .facts_json = facts},
                              .results = results}};
}

void AddChannel(FakeSweepView& view, std::int64_t id, std::int64_t agent, ChannelFacts facts) {
  view.channels.push_back({.channel_id = id, .agent = {agent}, .facts = std::move(facts)});
}

void AddLedger(FakeSweepView& view, PairId pair, std::int64_t channel, LedgerEntry entry) {
  view.ledger.push_back(
      {.lease = {pair.value}, .pair = pair, .channel_id = channel, .entry = entry});
}

void AddMac(FakeSweepView& view) {
  const PairId pair{1};
  PairSnapshot snapshot =
      ExamplePair(1, "llama-3.1-8b-instruct", "ollama", "q4_k_m", "apple-m4-max-40c-128gb");
  snapshot.spec.price = Price{.input_per_million = 0.05,
                              .output_per_million = 0.08,
                              .cached_input_per_million = std::nullopt,
                              .as_of = "2026-11-01"};
  snapshot.seal = Seal{.model_digest = "sha256:46e0", .engine_kind = "ollama", .quantization = ""};
  view.pairs.push_back(snapshot);
  for (Unit unit = 0; unit < ExampleSweep::kQueries - 1; ++unit) {
    ResultRow row = ExampleResult(unit, VerdictOf(unit % 100 < 44, unit % 100 >= 97));
    row.duration_ns = (unit % 2 == 0 ? 2 : 4) * std::int64_t{1'000'000'000};
    row.reasoning_tokens = 0;
    row.flags = (unit < 10 ? kFlagWarmup : 0) | (unit % 250 == 20 ? kFlagTruncated : 0);
    if (unit == ExampleSweep::kQueries - 2) {
      row.status = ResultStatus::kFailed;
      row.failure = Failure::kNoRecording;
      row.verdict.reset();
    }
    view.results[pair].push_back(row);
    EnergyRow energy = Measured(unit, 1, unit % 2 == 0 ? 80 : 200);
    energy.flags = unit == 10 || unit == 11 ? kFlagCounterReset : 0;
    view.energy[pair].push_back(energy);
  }
  view.quarantined[pair] = {{.unit = ExampleSweep::kQueries - 1, .reason = "3 crashes"}};
  AddAgent(view, pair, 1, "mac-studio-3",
           R"({"ac":true,"engine_version":"0.12.3","power_mode":"automatic"})");
  AddChannel(view, 1, 1,
             {.name = "ioreport/soc",
              .source = "ioreport",
              .scope = Scope::kSystemOnChip,
              .facts_json = R"({"systematic_relative":0.15})"});
  AddLedger(view, pair, 1,
            {.channel = 0,
             .total = Joules(141'000),
             .attributed = Joules(139'000),
             .idle = Joules(1'500),
             .uncounted = Joules(300),
             .unassigned = Joules(200),
             .baseline_uw = 9'100'000});
}

void AddServer(FakeSweepView& view) {
  const PairId pair{2};
  PairSnapshot snapshot = ExamplePair(2, "llama-3.1-8b-instruct", "vllm", "bf16", "nvidia-h200");
  snapshot.spec.location = Location::kCloud;
  view.pairs.push_back(snapshot);
  for (Unit unit = 0; unit < ExampleSweep::kQueries; ++unit) {
    view.results[pair].push_back(ExampleResult(unit, VerdictOf(unit % 100 < 46, unit % 100 >= 99)));
    view.energy[pair].push_back(Measured(unit, 2, 400));
    view.energy[pair].push_back(Measured(unit, 3, 80));
    view.energy[pair].push_back(Measured(unit, 4, 20));
  }
  AddAgent(view, pair, 2, "gpu-server", R"({"engine_version":"0.6.3"})");
  AddChannel(view, 2, 2, {.name = "nvml/0", .source = "nvml", .scope = Scope::kAccelerator});
  AddChannel(view, 3, 2, {.name = "rapl/0", .source = "rapl", .scope = Scope::kCpuPackage});
  AddChannel(view, 4, 2, {.name = "rapl/dram", .source = "rapl", .scope = Scope::kDram});
}

void AddCpu(FakeSweepView& view) {
  const PairId pair{3};
  view.pairs.push_back(ExamplePair(3, "qwen-0.5b", "openai", "", "cpu-xeon"));
  for (Unit unit = 0; unit < ExampleSweep::kQueries; ++unit) {
    view.results[pair].push_back(ExampleResult(unit, VerdictOf(unit % 100 >= 90, false)));
    EnergyRow energy = Measured(unit, 5, 6);
    energy.status = EnergyStatus::kModelled;
    view.energy[pair].push_back(energy);
  }
  AddAgent(view, pair, 3, "laptop", R"({"engine_version":""})");
  AddChannel(view, 5, 3,
             {.name = "modelled/cpu",
              .source = "modelled",
              .scope = Scope::kModelled,
              .facts_json = R"({"model":"busy cores x watts"})"});
}

}  // namespace

coordinator::PairSnapshot ExamplePair(std::int64_t id, const std::string& model,
                                      const std::string& engine, const std::string& quantization,
                                      const std::string& accelerator) {
  PairSnapshot snapshot;
  snapshot.spec.id = {id};
  snapshot.spec.sweep = {1};
  snapshot.spec.model = model;
  snapshot.spec.build = {.engine = engine,
                         .ref = model + ":ref",
                         .revision = "",
                         .quantization = quantization,
                         .base_url = "",
                         .api_key_file = ""};
  snapshot.spec.accelerator = accelerator;
  return snapshot;
}

coordinator::ResultRow ExampleResult(Unit unit, std::optional<VerdictValue> verdict) {
  ResultRow row;
  row.unit = unit;
  row.q = unit;
  row.environment_id = 1;
  row.sent_unix_ms = 1'700'000'000'000 + unit * 5000;
  row.duration_ns = 1'000'000'000;
  row.ttft_ns = 250'000'000;
  row.input_tokens = 200;
  row.cached_tokens = 0;
  row.output_tokens = 100;
  row.verdict = verdict;
  return row;
}

void FillPlainWorkload(std::int64_t n, FakeSweepView& view, FakeWorkload& workload) {
  workload.workload_facts = {
      .id = "sha256:9c1d", .name = "mmlu-pro-12k", .queries = n, .strata = {}};
  workload.dataset_names = {"mmlu-pro"};
  workload.subject_names = {"math", "physics"};
  for (std::int64_t q = 0; q < n; ++q) {
    workload.keys.push_back({.q = q, .dataset = 0, .subject = 0, .options = 4});
    view.sample.push_back(q);
  }
  view.record = {.id = {1},
                 .name = "overnight-small-models",
                 .state = coordinator::SweepState::kCompleteWithGaps,
                 .reason = "",
                 .resolved = "",
                 .workload_id = workload.workload_facts.id,
                 .workload_name = workload.workload_facts.name,
                 .n_queries = n,
                 .created_unix_ms = 0};
}

ExampleSweep::ExampleSweep() {
  FillPlainWorkload(kQueries, view, workload);
  for (coordinator::QueryKey& key : workload.keys) {
    key.subject = key.q < kMath ? 0 : 1;
  }
  AddMac(view);
  AddServer(view);
  AddCpu(view);
  view.graders = {{"mcq", 1}};
}

coordinator::Report ExampleSweep::Build(const coordinator::ReportOptions& options) {
  absl::StatusOr<coordinator::Report> report = BuildReport(view, workload, options);
  WF_CHECK(report.ok());
  return *std::move(report);
}

}  // namespace wattfleet::testing
