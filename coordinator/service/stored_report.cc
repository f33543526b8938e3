#include "coordinator/service/stored_report.h"

#include <memory>

#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/render.h"
#include "coordinator/service/report_settings.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

absl::StatusOr<std::string> RenderStoredReport(const std::string& data_directory,
                                               const StoredReportRequest& request) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                      OpenSweepView(data_directory, request.sweep));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(data_directory, view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
  WF_ASSIGN_OR_RETURN(const SweepFile file, ParseResolvedSweep(view->sweep().resolved));
  ReportOptions options{.energy_class = request.energy_class,
                        .grader = request.grader,
                        .cache_off = file.cache == "off"};
  options.settings = ReportSettings(file, *workload);
  if (request.pue) {
    options.pue = Pue{.ratio = *request.pue, .source = request.pue_source};
  }
  WF_ASSIGN_OR_RETURN(const Report report, BuildReport(*view, *workload, options));
  return RenderAs(report, request.format);
}

}  // namespace wattfleet::coordinator
