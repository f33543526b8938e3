#include "coordinator/service/open_served_sweep.h"

#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

absl::StatusOr<std::shared_ptr<const ServedSweep>> Open(const std::string& data_directory,
                                                        const std::string& workload,
                                                        SweepFile file) {
  WF_ASSIGN_OR_RETURN(const std::string path, FindWorkload(data_directory, workload));
  auto served = std::make_shared<ServedSweep>();
  served->file = std::move(file);
  WF_ASSIGN_OR_RETURN(served->workload, OpenWorkload(path));
  if (!served->workload->facts().has_text) {
    return absl::FailedPreconditionError(
        absl::StrFormat("workload %s came in a bundle without its texts: import the dataset itself",
                        served->workload->facts().name));
  }
  WF_RETURN_IF_ERROR(CheckShots(*served->workload, FormOf(served->file)));
  served->q_of_position = SampleOf(served->workload->facts().queries, served->file.limit);
  return std::shared_ptr<const ServedSweep>(std::move(served));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServedSweep>> OpenServedSweep(
    const std::string& data_directory, const std::string& resolved) {
  WF_ASSIGN_OR_RETURN(SweepFile file, ParseResolvedSweep(resolved));
  const std::string workload = file.workload.name;
  return Open(data_directory, workload, std::move(file));
}

absl::StatusOr<std::shared_ptr<const ServedSweep>> OpenServedSweep(
    const std::string& data_directory, const SweepRecord& sweep) {
  absl::StatusOr<SweepFile> file = ParseResolvedSweep(sweep.resolved);
  if (!file.ok()) {
    return Annotate(file.status(), "sweep " + sweep.name + " as stored");
  }
  return Open(data_directory, sweep.workload_id, *std::move(file));
}

}  // namespace wattfleet::coordinator
