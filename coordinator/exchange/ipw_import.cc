#include "coordinator/exchange/ipw_import.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "common/domain/unit.h"
#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/exchange/ipw_row.h"
#include "coordinator/exchange/receive_sweep.h"
#include "coordinator/exchange/scratch_folder.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/workload/content_hash.h"
#include "coordinator/workload/import.h"
#include "coordinator/workload/row_source.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr char kAgentName[] = "ipw-import";
constexpr char kFrom[] = "the reference harness's format";
constexpr std::size_t kBatch = 200;

struct IpwFile {
  std::string path;
  IpwRun run;
};

IpwRun RunOf(const fs::path& rows) {
  std::ifstream file(rows.parent_path() / "summary.json", std::ios::binary);
  return ReadIpwRun(std::string(std::istreambuf_iterator<char>(file), {}));
}

// The files of a path: itself, or all data.jsonl below a folder, in the order of their names.
absl::Status AddFiles(const std::string& path, std::vector<IpwFile>& files) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    files.push_back({path, RunOf(path)});
    return absl::OkStatus();
  }
  std::vector<std::string> found;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == "data.jsonl" || name == "data.jsonl.gz" || name == "data.jsonl.zst") {
      found.push_back(entry->path().string());
    }
  }
  std::sort(found.begin(), found.end());
  for (const std::string& file : found) {
    files.push_back({file, RunOf(file)});
  }
  return found.empty() ? absl::NotFoundError(absl::StrFormat("%s holds no data.jsonl", path))
                       : absl::OkStatus();
}

using PairKey = std::tuple<std::string, std::string, std::string, std::string, std::int32_t>;

PairKey KeyOf(const PairSpec& pair) {
  return {pair.model, pair.build.engine, pair.build.quantization, pair.accelerator,
          pair.condition.concurrency};
}

struct PairRowsSeen {
  PairSpec spec;
  std::int64_t repetitions = 1;
  std::int64_t results = 0;
};

// An id for a problem that has none: the same in every run.
std::string IdOfProblem(const std::string& problem) {
  constexpr std::size_t kDigits = 16;
  return absl::StrCat("ipw-", ShortHash(problem, kDigits));
}

std::string IdOf(const IpwRow& row, const IpwAnswer& answer) {
  return answer.query_id.empty() ? IdOfProblem(row.problem) : answer.query_id;
}

// Reads all rows twice: first what there is and whether it is sound, then the results into a store
// of its own.
class IpwReader {
 public:
  IpwReader(const IpwImport& options, std::vector<IpwFile> files, const ScratchFolder& scratch)
      : options_(options), files_(std::move(files)), scratch_(scratch) {}

  absl::StatusOr<ImportedSweep> Read() {
    WF_RETURN_IF_ERROR(Survey());
    WF_RETURN_IF_ERROR(FindOrMakeWorkload());
    WF_RETURN_IF_ERROR(PlaceQueries());
    const std::string directory = scratch_.path() + "/store";
    WF_ASSIGN_OR_RETURN(store_, SqliteStore::Open(directory));
    WF_ASSIGN_OR_RETURN(agent_, store_->RegisterAgent(kAgentName));
    WF_RETURN_IF_ERROR(Submit());
    WF_RETURN_IF_ERROR(
        ForEachAnswer([this](const IpwRow& row, IpwAnswer& answer) { return Store(row, answer); }));
    WF_RETURN_IF_ERROR(Finish());
    store_.reset();
    return ReceiveSweep(options_.data_directory, options_.name,
                        {{.shown_as = options_.paths.front(),
                          .sweep_path = SweepPath(directory, SweepId{1}),
                          .workload_path = made_workload_,
                          .workload_name = options_.name,
                          .from = kFrom,
                          .agents = {{agent_.value, kAgentName}}}},
                        scratch_);
  }

 private:
  absl::Status ForEachAnswer(const std::function<absl::Status(const IpwRow&, IpwAnswer&)>& visit) {
    for (const IpwFile& file : files_) {
      const auto visit_row = [&](const RowText& text) -> absl::Status {
        if (!text.malformed.empty()) {
          return absl::InvalidArgumentError(text.malformed);
        }
        WF_ASSIGN_OR_RETURN(IpwRow row, ReadIpwRow(text.json, file.run));
        for (IpwAnswer& answer : row.answers) {
          WF_RETURN_IF_ERROR(visit(row, answer));
        }
        return absl::OkStatus();
      };
      const absl::StatusOr<std::int64_t> lines = ForEachRow(file.path, false, visit_row);
      if (!lines.ok()) {
        return lines.status();
      }
    }
    return absl::OkStatus();
  }

  // Which pairs and queries there are; a unit that is said twice is found here.
  absl::Status Survey() {
    std::set<std::pair<PairKey, std::pair<std::string, std::int64_t>>> seen;
    std::ofstream rows(scratch_.path() + "/queries.jsonl", std::ios::binary);
    WF_RETURN_IF_ERROR(ForEachAnswer([&](const IpwRow& row, IpwAnswer& answer) -> absl::Status {
      const std::string id = IdOf(row, answer);
      const PairKey key = KeyOf(answer.pair);
      if (!seen.emplace(key, std::pair(id, answer.repetition)).second) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "the second answer of %s on %s to %s", answer.pair.model, answer.pair.accelerator,
            answer.query_id.empty() ? "this problem" : id));
      }
      PairRowsSeen& pair = pairs_[key];
      pair.spec = answer.pair;
      pair.repetitions = std::max(pair.repetitions, answer.repetition + 1);
      ++pair.results;
      if (queries_.insert(id).second) {
        const nlohmann::json query = {{"id", id},
                                      {"question", row.problem},
                                      {"answer", row.answer.empty() ? "-" : row.answer},
                                      {"subject", row.subject},
                                      {"dataset", row.dataset}};
        rows << query.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
      }
      return absl::OkStatus();
    }));
    rows.close();
    if (pairs_.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat("%s has no rows", options_.paths.front()));
    }
    return rows ? absl::OkStatus() : absl::ResourceExhaustedError("cannot write the queries");
  }

  // The workload that all runs name and that is here; else one of their problems.
  absl::Status FindOrMakeWorkload() {
    const IpwRun& run = files_.front().run;
    const bool is_one = std::all_of(files_.begin(), files_.end(), [&](const IpwFile& file) {
      return file.run.workload_id == run.workload_id && file.run.queries == run.queries;
    });
    if (is_one && !run.workload_id.empty()) {
      const auto path = FindWorkload(options_.data_directory, run.workload_id);
      if (path.ok()) {
        WF_ASSIGN_OR_RETURN(workload_, OpenWorkload(*path));
        sample_ = SampleOf(workload_->facts().queries,
                           run.queries > 0 ? std::optional(run.queries) : std::nullopt);
        return absl::OkStatus();
      }
    }
    WF_ASSIGN_OR_RETURN(const ImportReport report,
                        ImportWorkload({.data_directory = scratch_.path(),
                                        .name = options_.name,
                                        .preset = "jsonl",
                                        .files = {scratch_.path() + "/queries.jsonl"},
                                        .grader = "exact",
                                        .max_prompt_bytes = std::int64_t{16} << 20}));
    if (report.rejected > 0) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%d problems make no query: %s", report.rejected, report.first_rejected[0].reason));
    }
    made_workload_ = report.path;
    WF_ASSIGN_OR_RETURN(workload_, OpenWorkload(report.path));
    sample_ = SampleOf(workload_->facts().queries, std::nullopt);
    return absl::OkStatus();
  }

  absl::Status PlaceQueries() {
    for (std::size_t position = 0; position < sample_.size(); ++position) {
      WF_ASSIGN_OR_RETURN(const Query query, workload_->Get(sample_[position]));
      if (queries_.contains(query.id)) {
        position_of_[query.id] = static_cast<std::int64_t>(position);
      }
    }
    for (const std::string& id : queries_) {
      if (!position_of_.contains(id)) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "query %s is not in the sample of workload %s", id, workload_->facts().name));
      }
    }
    return absl::OkStatus();
  }

  // A file that says no more than where the answers come from.
  std::string Resolved() const {
    SweepFile file{.sweep = options_.name, .workload = {.name = options_.name}};
    std::set<std::string> models;
    for (const auto& [key, pair] : pairs_) {
      if (models.insert(pair.spec.model).second) {
        file.models.push_back({.name = pair.spec.model,
                               .serve = {{.build = {.engine = "replay", .ref = "/imported"}}}});
      }
    }
    file.accelerators = {"any"};
    file.conditions = {Condition{}};
    return ResolvedSweep(file);
  }

  SweepRecord Record(SweepState state) const {
    return {.id = SweepId{1},
            .name = options_.name,
            .state = state,
            .reason = "imported",
            .resolved = Resolved(),
            .workload_id = workload_->facts().id,
            .workload_name = workload_->facts().name,
            .n_queries = static_cast<std::int64_t>(sample_.size()),
            .created_unix_ms = 0};
  }

  absl::Status Apply(std::vector<StoreOp> ops) {
    const std::vector<StoreBatch> batches{
        {.id = ++batch_, .sweep = SweepId{1}, .ops = std::move(ops)}};
    return store_->Apply(batches).status();
  }

  absl::Status Submit() {
    std::vector<StoreOp> ops = {PutSweep{Record(SweepState::kRunning)}, PutSample{sample_}};
    std::int64_t id = 0;
    for (auto& [key, pair] : pairs_) {
      ++id;
      pair.spec.id = PairId{id};
      pair.spec.sweep = SweepId{1};
      pair.spec.repetitions = pair.repetitions;
      pair.spec.n_units = pair.repetitions * static_cast<std::int64_t>(sample_.size());
      pair.spec.plan_hash = std::string(32, '\0');
      const UnitRange all{.lo = 0, .hi = pair.spec.n_units};
      ShardRecord shard{.id = {id}, .pair = {id}, .range = all};
      ops.push_back(InsertPair{pair.spec});
      ops.push_back(InsertShard{shard});
      shard.state = ShardState::kLeased;
      shard.epoch = 1;
      ops.push_back(
          UpdateShard{.shard = shard, .expect_epoch = 0, .expect_state = ShardState::kPending});
      ops.push_back(InsertLease{{.id = {id},
                                 .shard = {id},
                                 .pair = {id},
                                 .epoch = 1,
                                 .agent = agent_,
                                 .instance = pair.spec.accelerator,
                                 .range = all,
                                 .state = LeaseState::kActive}});
    }
    return Apply(std::move(ops));
  }

  absl::Status Store(const IpwRow& row, IpwAnswer& answer) {
    PairRowsSeen& pair = pairs_.at(KeyOf(answer.pair));
    if (pending_ != nullptr &&
        (pending_->batch.pair != pair.spec.id || pending_->batch.results.size() == kBatch)) {
      WF_RETURN_IF_ERROR(Flush());
    }
    if (pending_ == nullptr) {
      pending_ = std::make_shared<GradedBatch>();
      ResultBatch& batch = pending_->batch;
      batch.spool_id.fill(1);
      batch.seq = ++seq_;
      batch.lease = LeaseId{pair.spec.id.value};
      batch.pair = pair.spec.id;
      batch.sweep = SweepId{1};
      batch.epoch = 1;
      batch.environment = {
          .seal = {.engine_kind = pair.spec.build.engine,
                   .quantization = pair.spec.build.quantization},
          .facts_json =
              nlohmann::json{{"accelerator", pair.spec.accelerator}, {"from", kFrom}}.dump()};
      batch.channels = {{.name = "imported/" + pair.spec.accelerator,
                         .source = "imported",
                         .scope = Scope::kRecorded,
                         .facts_json = R"({"from":"ipw rows"})"}};
    }
    answer.result.unit =
        UnitOf({.repetition = answer.repetition, .position = position_of_.at(IdOf(row, answer))},
               static_cast<std::int64_t>(sample_.size()));
    pending_->batch.results.push_back(std::move(answer.result));
    pending_->verdicts.push_back(std::move(answer.verdict));
    return absl::OkStatus();
  }

  absl::Status Flush() {
    return Apply({AppendResults{.graded = std::exchange(pending_, nullptr), .agent = agent_}});
  }

  absl::Status Finish() {
    if (pending_ != nullptr) {
      WF_RETURN_IF_ERROR(Flush());
    }
    std::vector<StoreOp> ops;
    bool all_complete = true;
    for (const auto& [key, pair] : pairs_) {
      const bool is_complete = pair.results == pair.spec.n_units;
      all_complete = all_complete && is_complete;
      const std::int64_t id = pair.spec.id.value;
      ops.push_back(UpdateLease{
          .lease = {id}, .expect_state = LeaseState::kActive, .state = LeaseState::kCompleted});
      ops.push_back(
          UpdateShard{.shard = {.id = {id},
                                .pair = {id},
                                .range = {.lo = 0, .hi = pair.spec.n_units},
                                .state = is_complete ? ShardState::kDone : ShardState::kCancelled,
                                .epoch = 1},
                      .expect_epoch = 1,
                      .expect_state = ShardState::kLeased});
      ops.push_back(SetPairState{
          .pair = {id}, .state = is_complete ? PairState::kComplete : PairState::kCancelled});
    }
    ops.push_back(PutSweep{Record(all_complete ? SweepState::kComplete : SweepState::kCancelled)});
    return Apply(std::move(ops));
  }

  const IpwImport& options_;
  const std::vector<IpwFile> files_;
  const ScratchFolder& scratch_;
  std::map<PairKey, PairRowsSeen> pairs_;
  absl::flat_hash_set<std::string> queries_;
  absl::flat_hash_map<std::string, std::int64_t> position_of_;
  std::vector<std::int64_t> sample_;
  std::unique_ptr<Workload> workload_;
  std::string made_workload_;
  std::unique_ptr<SqliteStore> store_;
  AgentId agent_;
  std::uint64_t batch_ = 0;
  std::uint64_t seq_ = 0;
  std::shared_ptr<GradedBatch> pending_;
};

}  // namespace

absl::StatusOr<ImportedSweep> ImportIpw(const IpwImport& options) {
  if (options.name.empty()) {
    return absl::InvalidArgumentError("--name: rows of the harness name no sweep");
  }
  std::vector<IpwFile> files;
  for (const std::string& path : options.paths) {
    WF_RETURN_IF_ERROR(AddFiles(path, files));
  }
  WF_ASSIGN_OR_RETURN(const ScratchFolder scratch, ScratchBeside(options.data_directory));
  return IpwReader(options, std::move(files), scratch).Read();
}

}  // namespace wattfleet::coordinator
