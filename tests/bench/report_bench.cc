// The report over made-up rows: what analysis costs, without the store's reading. Target: 20 pairs
// of 1,000,000 results within 10 s and 512 MiB. Run: build/release/bin/report_bench
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "common/check/check.h"
#include "common/status/status_macros.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/render.h"
#include "tests/support/fake_sweep_view.h"

namespace wattfleet::testing {
namespace {

constexpr std::int64_t kChannels = 3;

// A cheap scramble: the rows must not be the same, nor cost more than reading them would.
std::uint64_t Scrambled(std::uint64_t value) {
  value *= 0x9e3779b97f4a7c15ULL;
  return value ^ (value >> 29);
}

// A sweep whose rows are made as they are read, so that only the report's own memory is seen.
class MadeUpSweepView final : public coordinator::SweepView {
 public:
  explicit MadeUpSweepView(std::int64_t queries) : queries_(queries) {}

  FakeSweepView fixed;  // all but results and energies

  const coordinator::SweepRecord& sweep() const override { return fixed.record; }
  absl::StatusOr<std::vector<coordinator::PairSnapshot>> Pairs() override { return fixed.pairs; }
  absl::StatusOr<std::vector<std::int64_t>> Sample() override {
    std::vector<std::int64_t> sample;
    for (std::int64_t q = 0; q < queries_; ++q) {
      sample.push_back(q);
    }
    return sample;
  }
  absl::Status ForEachResult(
      PairId pair,
      const std::function<absl::Status(const coordinator::ResultRow&)>& visit) override {
    coordinator::ResultRow row;
    row.environment_id = pair.value;
    row.input_tokens = 280;
    row.cached_tokens = 0;
    row.reasoning_tokens = 0;
    for (row.unit = 0; row.unit < queries_; ++row.unit) {
      const std::uint64_t random = Scrambled(static_cast<std::uint64_t>(row.unit + pair.value));
      row.verdict = static_cast<VerdictValue>(random % 3);
      row.duration_ns = 1'000'000'000 + static_cast<std::int64_t>(random % 3'000'000'000);
      row.ttft_ns = row.duration_ns / 10;
      row.sent_unix_ms = 1'700'000'000'000 + row.unit * 300;
      row.output_tokens = static_cast<std::int64_t>(random % 500);
      WF_RETURN_IF_ERROR(visit(row));
    }
    return absl::OkStatus();
  }
  absl::Status ForEachEnergy(
      PairId pair,
      const std::function<absl::Status(const coordinator::EnergyRow&)>& visit) override {
    coordinator::EnergyRow row;
    row.status = EnergyStatus::kMeasured;
    for (row.unit = 0; row.unit < queries_; ++row.unit) {
      for (std::int64_t channel = 0; channel < kChannels; ++channel) {
        row.channel_id = pair.value * kChannels + channel;
        row.gross = 50'000'000 + row.unit % 1000;
        WF_RETURN_IF_ERROR(visit(row));
      }
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<coordinator::ChannelRow>> Channels() override {
    return fixed.channels;
  }
  absl::StatusOr<std::vector<coordinator::EnvironmentRow>> Environments(PairId pair) override {
    return fixed.Environments(pair);
  }
  absl::StatusOr<std::vector<coordinator::LedgerRow>> Ledger() override { return fixed.ledger; }
  absl::StatusOr<std::vector<coordinator::EventRow>> Events(std::int64_t last_n) override {
    return fixed.Events(last_n);
  }
  absl::StatusOr<std::vector<coordinator::QuarantineRow>> Quarantined(PairId pair) override {
    return fixed.Quarantined(pair);
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::int32_t>>> Graders() override {
    return fixed.graders;
  }
  absl::StatusOr<std::string> Body(PairId pair, Unit unit) override {
    return fixed.Body(pair, unit);
  }
  absl::StatusOr<coordinator::ResultDetail> Detail(PairId pair, Unit unit) override {
    return fixed.Detail(pair, unit);
  }
  absl::StatusOr<std::map<LeaseId, std::string>> RefusedLedgers() override {
    return fixed.RefusedLedgers();
  }
  absl::StatusOr<std::vector<coordinator::TraceRow>> Traces() override { return fixed.Traces(); }
  absl::StatusOr<std::string> Trace(LeaseId lease) override { return fixed.Trace(lease); }
  absl::Status ForEachVerdict(
      PairId pair, const std::string& grader, std::int32_t version,
      const std::function<absl::Status(const coordinator::VerdictRow&)>& visit) override {
    return fixed.ForEachVerdict(pair, grader, version, visit);
  }
  absl::StatusOr<std::vector<std::string>> ReattributedMethods() override {
    return fixed.ReattributedMethods();
  }
  absl::Status ForEachReattributed(
      PairId pair, const std::string& method,
      const std::function<absl::Status(const coordinator::EnergyRow&)>& visit) override {
    return fixed.ForEachReattributed(pair, method, visit);
  }

 private:
  std::int64_t queries_;
};

// Half of the pairs on one model, half of them served: every figure is computed.
void AddPair(MadeUpSweepView& view, std::int64_t id) {
  coordinator::PairSnapshot pair;
  pair.spec.id = {id};
  pair.spec.model = id % 2 == 0 ? "shared" : "model-" + std::to_string(id);
  pair.spec.build.engine = "vllm";
  pair.spec.accelerator = "gpu-" + std::to_string(id);
  pair.spec.condition.concurrency = id % 4 < 2 ? 0 : 8;
  view.fixed.pairs.push_back(pair);
  view.fixed.environments[pair.spec.id] = {{.environment_id = id, .agent = {id}}};
  const Scope scopes[kChannels] = {Scope::kAccelerator, Scope::kCpuPackage, Scope::kDram};
  for (std::int64_t channel = 0; channel < kChannels; ++channel) {
    view.fixed.channels.push_back(
        {.channel_id = id * kChannels + channel,
         .agent = {id},
         .facts = {.name = "", .source = "made-up", .scope = scopes[channel], .facts_json = ""}});
  }
}

double PeakMebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void BuildAndRender(benchmark::State& state) {
  const std::int64_t pairs = state.range(0);
  const std::int64_t queries = state.range(1);
  MadeUpSweepView view(queries);
  FakeWorkload workload;
  workload.dataset_names = {"mmlu-pro"};
  for (int subject = 0; subject < 14; ++subject) {
    workload.subject_names.push_back("subject-" + std::to_string(subject));
  }
  for (std::int64_t q = 0; q < queries; ++q) {
    workload.keys.push_back(
        {.q = q, .dataset = 0, .subject = static_cast<std::int32_t>(q % 14), .options = 10});
  }
  for (std::int64_t id = 1; id <= pairs; ++id) {
    AddPair(view, id);
  }
  for (auto _ : state) {
    const auto report = BuildReport(view, workload, {});
    WF_CHECK(report.ok());
    WF_CHECK(report->pairs.front().energy.figures.ipw.has_value());
    benchmark::DoNotOptimize(RenderJson(*report));
  }
  state.SetItemsProcessed(state.iterations() * pairs * queries);
  state.counters["peak_MiB"] = PeakMebibytes();
}
BENCHMARK(BuildAndRender)
    ->ArgNames({"pairs", "queries"})
    ->Args({4, 100'000})
    ->Args({20, 1'000'000})
    ->Unit(benchmark::kSecond)
    ->Iterations(1);

}  // namespace
}  // namespace wattfleet::testing

BENCHMARK_MAIN();
