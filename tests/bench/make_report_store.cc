// Writes a data directory with a finished sweep of made-up results, to measure reports on.
// Usage: make_report_store DIRECTORY PAIRS QUERIES; see report_store_bench.py
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "coordinator/config/sweep_yaml.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/workload/import.h"
#include "tests/bench/must.h"

namespace wattfleet::coordinator {
namespace {

constexpr SweepId kSweep{1};

WorkloadFacts Import(const std::string& directory, std::int64_t queries) {
  const std::string path = directory + "/queries.jsonl";
  {
    std::ofstream file(path);
    for (std::int64_t i = 0; i < queries; ++i) {
      file << "{\"id\": \"q-" << i << "\", \"question\": \"how much is " << i
           << "?\", \"options\": [\"a\", \"b\", \"c\", \"d\"], \"answer\": \"A\", \"category\": "
              "\"subject "
           << i % 14 << "\"}\n";
    }
  }
  ImportOptions options;
  options.data_directory = directory;
  options.name = "made-up";
  options.files = {path};
  const ImportReport report = Must(ImportWorkload(options));
  std::filesystem::remove(path);
  return report.workload;
}

// The pair's model is one of three, each on several accelerators; one in five runs in a cloud.
PairSpec PairOf(std::int64_t id, std::int64_t queries) {
  PairSpec pair;
  pair.id = {id};
  pair.sweep = kSweep;
  pair.model = absl::StrCat("model-", id % 3);
  pair.parameters_total = id % 3 == 0 ? 4e9 : id % 3 == 1 ? 8e9 : 70e9;
  pair.parameters_active = pair.parameters_total;
  pair.released = absl::StrFormat("202%d-01-01", 3 + id % 3);
  pair.price = Price{.input_per_million = 0.05,
                     .output_per_million = 0.08,
                     .cached_input_per_million = std::nullopt,
                     .as_of = "2026-11-01"};
  pair.build = {.engine = "vllm",
                .ref = "made-up",
                .revision = "",
                .quantization = "bf16",
                .base_url = "",
                .api_key_file = ""};
  pair.accelerator = absl::StrCat("apple-m", id, "-max-128gb");
  pair.location = id % 5 == 0 ? Location::kCloud : Location::kLocal;
  pair.condition.concurrency = id % 4 == 3 ? 8 : 0;
  pair.n_units = queries;
  pair.plan_hash = std::string(32, static_cast<char>(id));
  return pair;
}

void Submit(const std::string& directory, const WorkloadFacts& workload, std::int64_t pairs) {
  SweepFile file;
  file.sweep = "night";
  file.workload.name = workload.name;
  file.models = {{.name = "made-up", .serve = {{.build = PairOf(1, 1).build}}}};
  file.accelerators = {"any"};
  file.conditions = {{}};
  std::vector<std::int64_t> sample(static_cast<std::size_t>(workload.queries));
  std::iota(sample.begin(), sample.end(), 0);
  StoreBatch batch{.id = 1, .sweep = kSweep, .ops = {}};
  batch.ops.push_back(PutSweep{{.id = kSweep,
                                .name = file.sweep,
                                .state = SweepState::kComplete,
                                .reason = "",
                                .resolved = ResolvedSweep(file),
                                .workload_id = workload.id,
                                .workload_name = workload.name,
                                .n_queries = workload.queries,
                                .created_unix_ms = 1}});
  batch.ops.push_back(PutSample{std::move(sample)});
  for (std::int64_t id = 1; id <= pairs; ++id) {
    batch.ops.push_back(InsertPair{PairOf(id, workload.queries)});
  }
  const auto store = Must(SqliteStore::Open(directory));
  const std::vector<StoreBatch> batches = {std::move(batch)};
  Must(store->Apply(batches).status());
}

// Rows as the store's own writer would leave them, but for leases and bodies; `h` scrambles.
std::string RowsOf(std::int64_t pair, std::int64_t queries) {
  return absl::StrFormat(
      R"sql(
INSERT INTO environment VALUES (%1$d, %1$d, 'gpu0', 'sha256:aa', 'vllm', 'bf16', '{"engine_version":"1"}', randomblob(16));
INSERT INTO pair_environment VALUES (%1$d, %1$d, %2$d);
INSERT INTO channel VALUES (%1$d, %1$d, 'soc', 'ioreport', %3$d, '{"systematic_relative":0.05}', randomblob(16));
CREATE TEMP TABLE made AS WITH RECURSIVE n(u) AS (SELECT 0 UNION ALL SELECT u + 1 FROM n WHERE u < %2$d - 1)
  SELECT u, ((u + 1) * (2654435761 + 2 * %1$d)) %% 4294967296 AS h FROM n;
INSERT INTO result(pair_id, unit, status, verdict, flags, failure, finish, environment_id, lease_id, sent_unix_ms,
    duration_ns, ttft_ns, input_tokens, cached_tokens, output_tokens, reasoning_tokens, token_source, body_digest)
  SELECT %1$d, u, 0, h / 65536 %% 3, 0, 0, 1, %1$d, 1, 1700000000000 + u * 400,
    1000000000 + h / 2, 100000000 + h / 32, 200 + h %% 128, 0, 20 + h / 1024 %% 512, 0, 1, h FROM made ORDER BY u;
INSERT INTO result_energy(pair_id, unit, channel_id, status, gross_uj, net_uj, random_uj, flags, samples)
  SELECT %1$d, u, %1$d, %4$d, 30 * (1000000 + h / 2000) + u %% 1000, NULL, 1000, 0, 10 FROM made ORDER BY u;
DROP TABLE made;
)sql",
      pair, queries, static_cast<int>(Scope::kSystemOnChip),
      static_cast<int>(EnergyStatus::kMeasured));
}

int Make(const std::string& directory, std::int64_t pairs, std::int64_t queries) {
  std::filesystem::create_directories(directory);
  Submit(directory, Import(directory, queries), pairs);
  const auto connection =
      Must(SqliteConnection::OpenWriter(SweepPath(directory, kSweep), SqliteLimits()));
  Must(connection->Execute("PRAGMA synchronous = OFF"));
  for (std::int64_t pair = 1; pair <= pairs; ++pair) {
    Must(connection->Execute(absl::StrCat("BEGIN;", RowsOf(pair, queries), "COMMIT").c_str()));
    Must(connection->CheckpointAndTruncate());
  }
  return 0;
}

}  // namespace
}  // namespace wattfleet::coordinator

int main(int argc, char** argv) {
  const std::int64_t pairs = argc == 4 ? std::atoll(argv[2]) : 0;
  const std::int64_t queries = argc == 4 ? std::atoll(argv[3]) : 0;
  if (pairs < 1 || pairs > 100 || queries < 1) {
    std::fprintf(stderr, "usage: make_report_store DIRECTORY PAIRS QUERIES\n");
    return 2;
  }
  return wattfleet::coordinator::Make(argv[1], pairs, queries);
}
