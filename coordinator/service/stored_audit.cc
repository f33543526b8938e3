#include "coordinator/service/stored_audit.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "common/trace/replay_trace.h"
#include "coordinator/audit/compare_graders.h"
#include "coordinator/audit/judge_sample.h"
#include "coordinator/audit/reattribute.h"
#include "coordinator/audit/regrade.h"
#include "coordinator/audit/show_result.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/grading/grader.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sqlite_store.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

namespace {

absl::StatusOr<ReplayMethod> MethodOf(const std::string& name) {
  if (const auto method = ReplayMethodByName(name)) {
    return *method;
  }
  std::vector<std::string> names;
  for (const ReplayMethodRow& row : ReplayMethods()) {
    names.emplace_back(row.name);
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("no method \"%s\"; %s", name, NearestText(name, names)));
}

// In batches, so that no transaction is long.
absl::Status StoreBeside(const std::string& data_directory, SweepId sweep,
                         const Reattribution& result) {
  constexpr std::size_t kRowsPerBatch = 10'000;
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store, SqliteStore::Open(data_directory));
  for (std::size_t from = 0; from < result.rows.size(); from += kRowsPerBatch) {
    const std::size_t to = std::min(result.rows.size(), from + kRowsPerBatch);
    PutReattributed put{.method = result.method, .rows = {}};
    put.rows.assign(result.rows.begin() + static_cast<std::ptrdiff_t>(from),
                    result.rows.begin() + static_cast<std::ptrdiff_t>(to));
    const std::vector<StoreBatch> batches{{.id = 1, .sweep = sweep, .ops = {std::move(put)}}};
    WF_RETURN_IF_ERROR(store->Apply(batches).status());
  }
  return store->Idle();
}

}  // namespace

absl::StatusOr<std::string> ShowStoredResult(const std::string& data_directory,
                                             const ShowStoredRequest& request) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                      OpenSweepView(data_directory, request.sweep));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(data_directory, view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
  WF_ASSIGN_OR_RETURN(const SweepFile file, ParseResolvedSweep(view->sweep().resolved));
  WF_ASSIGN_OR_RETURN(const ShownResult shown,
                      FindResult(*view, *workload,
                                 {.pair = request.pair,
                                  .query = request.query,
                                  .repetition = request.repetition,
                                  .prompt = {file.prompt_template, file.prompt_shots},
                                  .system_prompt = file.system_prompt}));
  return request.as_json ? RenderShownResultJson(shown) : RenderShownResult(shown);
}

absl::StatusOr<ReattributeStoredReply> ReattributeStored(const std::string& data_directory,
                                                         const ReattributeStoredRequest& request) {
  WF_ASSIGN_OR_RETURN(const ReplayMethod method, MethodOf(request.method));
  const bool is_same_method = method == ReplayMethod::kAllocV1;
  if (is_same_method && request.store) {
    return absl::InvalidArgumentError(
        "--store keeps another method's figures beside the stored ones, which are alloc-v1's");
  }
  Reattribution result;
  SweepId sweep;
  {
    WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                        OpenSweepView(data_directory, request.sweep));
    sweep = view->sweep().id;
    WF_ASSIGN_OR_RETURN(result, Reattribute(*view, method, request.energy_class));
  }
  if (request.store) {
    WF_RETURN_IF_ERROR(StoreBeside(data_directory, sweep, result));
  }
  return ReattributeStoredReply{.text = request.as_json
                                            ? RenderReattributionJson(result)
                                            : RenderReattribution(result, is_same_method),
                                .is_identical = result.IsIdentical()};
}

absl::StatusOr<std::string> JudgeSampleStored(const std::string& data_directory,
                                              const JudgeSampleRequest& request) {
  WF_ASSIGN_OR_RETURN(std::unique_ptr<SweepView> view,
                      OpenSweepView(data_directory, request.sweep));
  if (request.labelled.empty()) {
    WF_ASSIGN_OR_RETURN(const std::string path,
                        FindWorkload(data_directory, view->sweep().workload_id));
    WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
    return JudgeSheet(*view, *workload, request.answers);
  }
  std::ifstream file(request.labelled, std::ios::binary);
  const std::string csv((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) {
    return absl::InvalidArgumentError(absl::StrFormat("cannot read %s", request.labelled));
  }
  absl::StatusOr<LabelledSheet> sheet = ReadJudgeSheet(*view, csv);
  if (!sheet.ok()) {
    return Annotate(sheet.status(), request.labelled);
  }
  const SweepId sweep = view->sweep().id;
  view.reset();
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store, SqliteStore::Open(data_directory));
  const std::vector<StoreBatch> batches{
      {.id = 1, .sweep = sweep, .ops = {PutVerdicts{sheet->verdicts}}}};
  WF_RETURN_IF_ERROR(store->Apply(batches).status());
  WF_RETURN_IF_ERROR(store->Idle());
  return RenderJudgesAgainstPeople(*sheet);
}

absl::StatusOr<std::string> RegradeStored(const std::string& data_directory,
                                          const RegradeStoredRequest& request) {
  const Grader* grader = nullptr;
  if (!request.grader.empty()) {
    WF_ASSIGN_OR_RETURN(grader, FindGrader(request.grader));
  }
  // Opened first, so that nobody starts without the sweep or beside a coordinator.
  WF_RETURN_IF_ERROR(OpenSweepView(data_directory, request.sweep).status());
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store, SqliteStore::Open(data_directory));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                      OpenSweepView(data_directory, request.sweep));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(data_directory, view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
  const VerdictSink sink = [&](std::vector<AddedVerdict> rows) {
    const std::vector<StoreBatch> batches{
        {.id = 1, .sweep = view->sweep().id, .ops = {PutVerdicts{std::move(rows)}}}};
    return store->Apply(batches).status();
  };
  WF_ASSIGN_OR_RETURN(const std::vector<RegradedPair> pairs,
                      Regrade(*view, *workload, grader, sink));
  WF_RETURN_IF_ERROR(store->Idle());
  return request.as_json ? RenderRegradedJson(pairs, grader) : RenderRegraded(pairs, grader);
}

absl::StatusOr<std::string> CompareGradersStored(const std::string& data_directory,
                                                 const CompareGradersRequest& request) {
  WF_ASSIGN_OR_RETURN(const Grader* const grader, FindGrader(request.grader));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                      OpenSweepView(data_directory, request.sweep));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(data_directory, view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
  WF_ASSIGN_OR_RETURN(
      const std::vector<GraderComparison> comparisons,
      CompareGraders(*view, *workload, *grader, static_cast<std::size_t>(request.samples)));
  return request.as_json ? RenderGraderComparisonsJson(comparisons, *grader)
                         : RenderGraderComparisons(comparisons, *grader);
}

}  // namespace wattfleet::coordinator
