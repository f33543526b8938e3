#include "coordinator/service/open_context.h"

#include <utility>

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"

namespace wattfleet::coordinator {

namespace {

absl::StatusOr<std::shared_ptr<const SweepContext>> Open(const std::string& data_directory,
                                                         const std::string& workload,
                                                         SweepFile file) {
  WF_ASSIGN_OR_RETURN(const std::string path, FindWorkload(data_directory, workload));
  auto context = std::make_shared<SweepContext>();
  context->file = std::move(file);
  WF_ASSIGN_OR_RETURN(context->workload, OpenWorkload(path));
  context->q_of_position = SampleOf(context->workload->facts().queries, context->file.limit);
  return std::shared_ptr<const SweepContext>(std::move(context));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const SweepContext>> OpenContext(const std::string& data_directory,
                                                                const std::string& resolved) {
  WF_ASSIGN_OR_RETURN(SweepFile file, ParseResolvedSweep(resolved));
  const std::string workload = file.workload.name;
  return Open(data_directory, workload, std::move(file));
}

absl::StatusOr<std::shared_ptr<const SweepContext>> OpenContext(const std::string& data_directory,
                                                                const SweepRecord& sweep) {
  absl::StatusOr<SweepFile> file = ParseResolvedSweep(sweep.resolved);
  if (!file.ok()) {
    return Annotate(file.status(), "sweep " + sweep.name + " as stored");
  }
  return Open(data_directory, sweep.workload_id, *std::move(file));
}

}  // namespace wattfleet::coordinator
