#include "coordinator/cli/prepare_sweep.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/cli/import_files.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/plan/compare_sweeps.h"
#include "coordinator/report/names.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/workload/import.h"

namespace wattfleet::coordinator {

namespace {

absl::Status CheckShotsAt(const std::string& workload_path, const PromptForm& form) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(workload_path));
  return CheckShots(*workload, form);
}

}  // namespace

absl::StatusOr<std::string> PrepareWorkload(const SweepFile& file,
                                            const std::string& data_directory) {
  const WorkloadRef& workload = file.workload;
  const PromptForm form{file.prompt_template, file.prompt_shots};
  if (workload.path.empty()) {
    WF_ASSIGN_OR_RETURN(const std::string path, FindWorkload(data_directory, workload.name));
    WF_RETURN_IF_ERROR(CheckShotsAt(path, form));
    return std::string();
  }
  WF_ASSIGN_OR_RETURN(const ImportReport report, ImportFiles({.data_directory = data_directory,
                                                              .name = workload.name,
                                                              .preset = workload.preset,
                                                              .files = {workload.path},
                                                              .map = workload.map,
                                                              .grader = "",
                                                              .seed = file.seed}));
  WF_RETURN_IF_ERROR(CheckShotsAt(report.path, form));
  return report.already_there ? std::string() : ImportText(report);
}

absl::StatusOr<std::optional<std::string>> StoredState(const SweepFile& file,
                                                       const std::string& data_directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(data_directory, error)) {
    return std::nullopt;
  }
  WF_ASSIGN_OR_RETURN(const std::vector<SweepRecord> sweeps, ListSweeps(data_directory));
  for (const SweepRecord& record : sweeps) {
    if (record.name != file.sweep) {
      continue;
    }
    WF_ASSIGN_OR_RETURN(const SweepFile stored, ParseResolvedSweep(record.resolved));
    const SweepDifference difference = CompareSweeps(stored, file);
    if (difference.kind == SweepDifference::Kind::kDiffers) {
      return absl::FailedPreconditionError(
          absl::StrFormat("sweep %s is there with another %s; give the new one another name",
                          file.sweep, difference.first_key));
    }
    return difference.kind == SweepDifference::Kind::kSame
               ? std::string(SweepStateName(record.state))
               : std::string("pending");
  }
  return std::nullopt;
}

}  // namespace wattfleet::coordinator
