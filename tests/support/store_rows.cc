#include "tests/support/store_rows.h"

#include <numeric>

namespace wattfleet::testing {

using coordinator::AppendResults;
using coordinator::GradedBatch;
using coordinator::InsertLease;
using coordinator::InsertPair;
using coordinator::InsertShard;
using coordinator::LeaseRecord;
using coordinator::LeaseState;
using coordinator::PutSample;
using coordinator::PutSweep;
using coordinator::ShardRecord;
using coordinator::ShardState;
using coordinator::StoreOp;
using coordinator::SweepRecord;
using coordinator::SweepState;
using coordinator::UpdateShard;

SweepRecord SampleSweep(SweepId id, const std::string& name, std::int64_t n_queries) {
  return {.id = id,
          .name = name,
          .state = SweepState::kRunning,
          .reason = "",
          .resolved = "sweep: " + name + "\n",
          .workload_id = "sha256:00ff",
          .workload_name = "mmlu",
          .n_queries = n_queries,
          .created_unix_ms = 1'700'000'000'000};
}

PairSpec SamplePair(PairId id, SweepId sweep, std::int64_t n_units) {
  PairSpec pair;
  pair.id = id;
  pair.sweep = sweep;
  pair.model = "llama-3.1-8b-instruct";
  pair.parameters_total = 8.03e9;
  pair.released = "2024-07-23";
  pair.price = Price{.input_per_million = 0.05,
                     .output_per_million = 0.08,
                     .cached_input_per_million = std::nullopt,
                     .as_of = "2026-11-01"};
  pair.build = {.engine = "ollama", .ref = "llama3.1:8b", .quantization = "q4_k_m"};
  pair.accelerator = "nvidia-h200";
  pair.condition = {.concurrency = 16};
  pair.generation.temperature = 0.1 + 0.2;
  pair.generation.thinking = Thinking::kOff;
  pair.generation.stop = {"\n\n", "\"end\""};
  pair.generation.cache_as_served = true;
  pair.timeouts.query = std::chrono::milliseconds(1'234);
  pair.retry = {.errors = 4, .crashes = 5};
  pair.n_units = n_units;
  pair.plan_hash = std::string(31, '\x80') + std::string(1, '\0');
  return pair;
}

SpoolId SampleSpool(std::uint8_t which) {
  SpoolId spool{};
  spool.fill(which);
  return spool;
}

ChannelFacts SampleChannel(const std::string& name) {
  return {.name = name, .source = "nvml", .scope = Scope::kAccelerator, .facts_json = "{\"a\":1}"};
}

Result SampleResult(Unit unit, std::uint64_t digest) {
  Result result;
  result.unit = unit;
  result.finish = Finish::kStop;
  result.sent_unix_ms = 1'700'000'000'000 + unit;
  result.duration_ns = 2'000'000'000;
  result.ttft_ns = 50'000'000;
  result.input_tokens = 120;
  result.output_tokens = 34 + unit % 3;
  result.token_source = TokenSource::kEngine;
  result.flags = kFlagTruncated;
  result.body_digest = digest;
  result.body_zstd = "body of " + std::to_string(unit) + " " + std::to_string(digest);
  return result;
}

std::vector<Result> SampleResults(UnitRange range, std::uint64_t digest) {
  std::vector<Result> results;
  for (Unit unit = range.lo; unit < range.hi; ++unit) {
    results.push_back(SampleResult(unit, digest));
  }
  return results;
}

AppendResults SampleFrame::Op() const {
  auto graded = std::make_shared<GradedBatch>();
  graded->batch.spool_id = spool;
  graded->batch.seq = seq;
  graded->batch.lease = lease;
  graded->batch.pair = pair;
  graded->batch.sweep = sweep;
  graded->batch.epoch = 1;
  graded->batch.environment = {
      .seal = {.model_digest = "sha256:aa", .engine_kind = "ollama", .quantization = "q4_k_m"},
      .facts_json = "{\"driver\":\"550.54\"}"};
  graded->batch.channels = {SampleChannel("gpu"), SampleChannel("cpu")};
  graded->batch.results = results;
  graded->batch.close = close;
  graded->batch.trace = trace;
  graded->verdicts = verdicts;
  graded->wire_bytes = 1'000;
  return {.graded = std::move(graded), .agent = agent, .received_unix_ms = 1'700'000'100'000};
}

std::vector<StoreOp> SubmitOps(SweepId sweep, const std::string& name, std::int64_t n_units) {
  std::vector<std::int64_t> sample(static_cast<std::size_t>(n_units));
  std::iota(sample.rbegin(), sample.rend(), 1'000);  // position 0 is the last query
  ShardRecord shard{.id = {sweep.value}, .pair = {sweep.value}, .range = {.lo = 0, .hi = n_units}};
  return {PutSweep{SampleSweep(sweep, name, n_units)}, PutSample{sample},
          InsertPair{SamplePair({sweep.value}, sweep, n_units)}, InsertShard{shard}};
}

std::vector<StoreOp> GrantOps(LeaseId lease, UnitRange range, std::int64_t epoch, AgentId agent,
                              ShardId shard) {
  const PairId pair{shard.value};
  return {UpdateShard{.shard = {.id = shard,
                                .pair = pair,
                                .range = range,
                                .state = ShardState::kLeased,
                                .epoch = epoch},
                      .expect_epoch = epoch - 1,
                      .expect_state = ShardState::kPending},
          InsertLease{LeaseRecord{.id = lease,
                                  .shard = shard,
                                  .pair = pair,
                                  .epoch = epoch,
                                  .agent = agent,
                                  .instance = "gpu0",
                                  .range = range,
                                  .state = LeaseState::kActive,
                                  .granted_unix_ms = 1'700'000'000'500,
                                  .ttl_ms = 60'000}}};
}

}  // namespace wattfleet::testing
