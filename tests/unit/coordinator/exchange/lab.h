#ifndef WF_TESTS_UNIT_COORDINATOR_EXCHANGE_LAB_H_
#define WF_TESTS_UNIT_COORDINATOR_EXCHANGE_LAB_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "common/trace/trace_writer.h"
#include "common/wire/body.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/workload/import.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {

inline constexpr std::int64_t kQueries = 12;
inline constexpr std::int64_t kRepetitions = 2;
inline constexpr char kUuid[] = "GPU-1b2c3d4e-1111-2222-3333-0123456789ab";

// One lab's data directory: a workload, and a sweep of one pair with measured energy.
class Lab {
 public:
  explicit Lab(const std::string& accelerator = "nvidia-h200") : accelerator_(accelerator) {
    std::string rows;
    for (int i = 0; i < kQueries; ++i) {
      absl::StrAppend(&rows, R"({"id": "q)", i, R"(", "question": "secret question )", i,
                      R"(?", "options": ["x", "y", "z"], "answer": "B", "category": "s)", i % 3,
                      "\"}\n");
    }
    const auto report = ImportWorkload({.data_directory = data(),
                                        .name = "letters",
                                        .preset = "mmlu-pro",
                                        .files = {folder_.Write("rows.jsonl", rows)}});
    workload_path_ = report->path;
    workload_id_ = report->workload.id;
    const auto store = SqliteStore::Open(data()).value();
    EXPECT_THAT(Fill(*store), ::wattfleet::testing::IsOk());
  }

  std::string data() const { return folder_.Path("data"); }
  std::string Path(const std::string& name) const { return folder_.Path(name); }
  const ::wattfleet::testing::TempDir& folder() const { return folder_; }
  const std::string& workload_path() const { return workload_path_; }

 private:
  SweepRecord Record(SweepState state) const {
    SweepFile file{.sweep = "night", .workload = {.name = "letters"}};
    file.models.push_back({.name = "m", .serve = {{.build = {.engine = "ollama", .ref = "m:8b"}}}});
    file.accelerators = {accelerator_};
    file.conditions = {Condition{}};
    JudgeEntry& judge = file.judge.emplace(JudgeEntry{.name = "wise"});
    judge.serve.build = {.engine = "openai",
                         .ref = "wise-1",
                         .base_url = "https://judge.alices-lab.example/v1",
                         .api_key_file = "/home/alice/keys/judge"};
    return {.id = SweepId{1},
            .name = "night",
            .state = state,
            .resolved = ResolvedSweep(file),
            .workload_id = workload_id_,
            .workload_name = "letters",
            .n_queries = kQueries,
            .created_unix_ms = 1'700'000'000'000};
  }

  static Result ResultOf(Unit unit) {
    const std::string text = "secret answer " + std::to_string(unit);
    Result result{.unit = unit,
                  .finish = Finish::kStop,
                  .sent_unix_ms = 1'700'000'000'000 + unit * 1'000,
                  .duration_ns = 1'234'567'891 + unit * 111'111'113,
                  .ttft_ns = 50'000'007 + unit,
                  .input_tokens = 100 + unit,
                  .output_tokens = 30 + unit,
                  .token_source = TokenSource::kEngine,
                  .flags = unit % 5 == 0 ? kFlagTruncated : 0,
                  .body_digest = ContentDigest(text),
                  .body_zstd = PackBody({.content = text})};
    for (std::uint32_t channel = 0; channel < 3; ++channel) {
      result.energy.push_back({.channel = channel,
                               .status = EnergyStatus::kMeasured,
                               .gross = 100'000'003 + unit * 7'777'777 + channel,
                               .samples = 40});
    }
    return result;
  }

  // Names stand in it where a trace's numbers before and behind them look like letters of them.
  static std::string TraceOf(const std::vector<ChannelFacts>& channels) {
    LeaseTrace start{.opened_ns = 1, .opened_unix_ms = 1'700'000'000'000};
    start.sources.emplace_back().poll_period = std::chrono::milliseconds(50);
    for (const ChannelFacts& channel : channels) {
      start.channels.emplace_back().spec = {.name = channel.name, .device_id = kUuid};
    }
    start.channels.emplace_back().spec = {
        .name = "alices-box/package-0 of the machine there at 10.0.12.7",
        .device_id = "0000:3b:00.0 of the box that is called alices-box"};
    EXPECT_THAT(start.channels.back().spec.name.size(), 54U) << "the byte before it is a \"6\"";
    TraceWriter writer(start);
    for (std::size_t i = 0; i < start.channels.size(); ++i) {
      writer.Add(i, TracedOpen{.ledger = 0, .at_ns = 1'000'000});
    }
    return writer.Pack();
  }

  static Verdict VerdictOf(Unit unit) {
    const VerdictValue values[] = {VerdictValue::kCorrect, VerdictValue::kWrong,
                                   VerdictValue::kCorrect, VerdictValue::kNoAnswer};
    return {.value = values[unit % 4],
            .grader = "mcq",
            .grader_version = 2,
            .reason = unit % 4 == 3 ? "nothing stated" : "",
            .extracted = "secret extract"};
  }

  std::shared_ptr<GradedBatch> Answers(Unit units) const {
    auto graded = std::make_shared<GradedBatch>();
    ResultBatch& batch = graded->batch;
    batch.spool_id.fill(7);
    batch.seq = 1;
    batch.lease = {1};
    batch.pair = {1};
    batch.sweep = {1};
    batch.epoch = 1;
    batch.environment = {
        .seal = {.model_digest = "sha256:aa", .engine_kind = "ollama", .quantization = "q4_k_m"},
        .facts_json =
            R"({"host":{"hostname":"alices-box","kernel":"6.1"},"engine_version":"0.12.3"})"};
    const Scope scopes[] = {Scope::kAccelerator, Scope::kCpuPackage, Scope::kDram};
    for (const Scope scope : scopes) {
      batch.channels.push_back({.name = absl::StrCat("nvml/", kUuid, "/", static_cast<int>(scope)),
                                .source = "nvml",
                                .scope = scope,
                                .facts_json = absl::StrCat(R"({"uuid":")", kUuid, "\"}")});
    }
    LeaseClose close;
    for (std::uint32_t channel = 0; channel < 3; ++channel) {
      close.ledger.push_back({.channel = channel, .idle = 1'000'000});
    }
    for (Unit unit = 0; unit < units; ++unit) {
      batch.results.push_back(ResultOf(unit));
      graded->verdicts.push_back(VerdictOf(unit));
      for (LedgerEntry& entry : close.ledger) {
        entry.attributed += *batch.results.back().energy[entry.channel].gross;
        entry.total = entry.attributed + entry.idle;
      }
    }
    batch.close = std::move(close);
    batch.trace = TracePart{.bytes = TraceOf(batch.channels)};
    return graded;
  }

  absl::Status Fill(SqliteStore& store) const {
    const AgentId agent = store.RegisterAgent("mac-studio-3").value();
    std::vector<std::int64_t> sample(kQueries);
    std::iota(sample.begin(), sample.end(), 0);
    const Unit units = kQueries * kRepetitions;
    PairSpec pair{.id = {1},
                  .sweep = {1},
                  .model = "m",
                  .parameters_active = 8e9,
                  .build = {.engine = "ollama", .ref = "m:8b", .quantization = "q4_k_m"},
                  .accelerator = accelerator_,
                  .repetitions = kRepetitions,
                  .n_units = units,
                  .plan_hash = std::string(32, 'p')};
    ShardRecord shard{.id = {1}, .pair = {1}, .range = {.lo = 0, .hi = units}};
    ShardRecord leased = shard;
    leased.state = ShardState::kLeased;
    leased.epoch = 1;
    ShardRecord done = leased;
    done.state = ShardState::kDone;
    const std::vector<StoreBatch> batches = {
        {.id = 1,
         .sweep = {1},
         .ops = {PutSweep{Record(SweepState::kRunning)}, PutSample{sample}, InsertPair{pair},
                 InsertShard{shard}, UpdateShard{.shard = leased},
                 InsertLease{{.id = {1},
                              .shard = {1},
                              .pair = {1},
                              .epoch = 1,
                              .agent = agent,
                              .instance = "gpu0",
                              .range = shard.range,
                              .state = LeaseState::kActive}},
                 AppendResults{.graded = Answers(units), .agent = agent},
                 RecordEvent{.kind = "note", .text = "mac-studio-3 at 10.0.12.7 came"},
                 UpdateLease{.lease = {1}, .closed_unix_ms = 5},
                 UpdateShard{.shard = done, .expect_epoch = 1, .expect_state = ShardState::kLeased},
                 SetPairState{.pair = {1}, .state = PairState::kComplete},
                 PutSweep{Record(SweepState::kComplete)}}}};
    return store.Apply(batches).status();
  }

  ::wattfleet::testing::TempDir folder_;
  std::string accelerator_;
  std::string workload_path_;
  std::string workload_id_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_TESTS_UNIT_COORDINATOR_EXCHANGE_LAB_H_
