#include "coordinator/workload/import.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/workload/durable_file.h"
#include "coordinator/workload/label_file.h"
#include "coordinator/workload/mix.h"
#include "coordinator/workload/row_collector.h"
#include "coordinator/workload/row_spool.h"
#include "coordinator/workload/shots.h"
#include "coordinator/workload/workload_file.h"
#include "coordinator/workload/workload_names.h"
#include "coordinator/workload/workload_writer.h"

namespace wattfleet::coordinator {
namespace {

absl::Status CheckOptions(const ImportOptions& options) {
  WF_RETURN_IF_ERROR(CheckWorkloadName(options.name));
  if (options.files.empty() && options.mix.empty()) {
    return absl::InvalidArgumentError("no file to import");
  }
  if (!options.mix.empty() &&
      (!options.files.empty() || !options.filters.empty() || !options.labels.empty() ||
       !options.grader.empty() || !options.shots.empty())) {
    return absl::InvalidArgumentError(
        "--mix mixes workloads as they were imported: files, filters, labels, shots and graders go "
        "with their own imports");
  }
  const std::vector<std::string> graders = {"mcq",  "mcq_first", "exact",   "numeric",
                                            "math", "judge",     "pairwise"};
  if (!options.grader.empty() &&
      std::find(graders.begin(), graders.end(), options.grader) == graders.end()) {
    return absl::InvalidArgumentError(absl::StrFormat("unknown grader \"%s\"; %s", options.grader,
                                                      NearestText(options.grader, graders)));
  }
  std::error_code error;
  std::filesystem::create_directories(options.data_directory, error);
  if (error) {
    return FileError(error.value(), "cannot create " + options.data_directory);
  }
  return absl::OkStatus();
}

// Gives the written draft its place and name, unless they are taken.
absl::Status Publish(const ImportOptions& options, const std::string& id, TemporaryFile& draft,
                     ImportReport& report) {
  WF_ASSIGN_OR_RETURN(const std::optional<std::string> present,
                      WorkloadIdOfName(options.data_directory, options.name));
  if (present && *present != id) {
    return absl::AlreadyExistsError(absl::StrFormat(
        "workload %s exists with other content (%s): choose another name", options.name, *present));
  }
  report.path = WorkloadPath(options.data_directory, id);
  const absl::StatusOr<std::unique_ptr<Workload>> existing = OpenWorkload(report.path);
  const bool is_whole = existing.ok() && (*existing)->facts().has_text;
  report.already_there = present && is_whole;
  if (!is_whole) {
    WF_RETURN_IF_ERROR(draft.Publish(report.path));
  } else if ((*existing)->facts().id != id) {
    return absl::DataLossError(
        absl::StrFormat("%s holds %s, not %s", report.path, (*existing)->facts().id, id));
  }
  return ClaimWorkloadName(options.data_directory, options.name, id);
}

}  // namespace

absl::StatusOr<ImportReport> ImportWorkload(const ImportOptions& options) {
  WF_RETURN_IF_ERROR(CheckOptions(options));
  ImportReport report;
  WF_ASSIGN_OR_RETURN(RowSpool spool, RowSpool::Create(options.data_directory));
  RowCollector rows(options, std::move(spool), report);
  if (!options.shots.empty()) {
    WF_ASSIGN_OR_RETURN(std::vector<Shot> shots, ReadShots(options, options.shots));
    rows.SetShots(std::move(shots));
  }
  std::optional<LabelFile> labels;
  if (!options.labels.empty()) {
    WF_ASSIGN_OR_RETURN(labels, LabelFile::Read(options.labels, options.label_set));
    rows.SetLabels(&*labels);
  }
  for (const std::string& file : options.files) {
    WF_RETURN_IF_ERROR(rows.ReadFile(file));
  }
  if (!options.mix.empty()) {
    WF_RETURN_IF_ERROR(ReadMix(options, rows));
  }
  WF_RETURN_IF_ERROR(rows.Finish());
  if (report.unlabelled == static_cast<std::int64_t>(rows.order().size())) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has no label for any of the queries' ids", options.labels));
  }
  WF_ASSIGN_OR_RETURN(TemporaryFile draft, TemporaryFile::Create(options.data_directory));
  WF_ASSIGN_OR_RETURN(const std::string id,
                      WriteWorkload(draft.path(),
                                    {.name = options.name,
                                     .preset = options.mix.empty() ? rows.preset() : "mix",
                                     .seed = options.seed,
                                     .shots = rows.shots()},
                                    rows.strata(), rows.order(), rows.spool()));
  WF_RETURN_IF_ERROR(Publish(options, id, draft, report));
  report.workload = {.id = id,
                     .name = options.name,
                     .queries = static_cast<std::int64_t>(rows.order().size()),
                     .strata = rows.strata()};
  return report;
}

}  // namespace wattfleet::coordinator
