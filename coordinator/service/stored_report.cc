#include "coordinator/service/stored_report.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/render.h"
#include "coordinator/report/subject_weights.h"
#include "coordinator/service/report_settings.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

namespace {

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) {
    return absl::InvalidArgumentError(absl::StrFormat("cannot read %s", path));
  }
  return text;
}

absl::StatusOr<Report> BuildStored(const std::string& data_directory, const std::string& sweep,
                                   ReportOptions options) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view, OpenSweepView(data_directory, sweep));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(data_directory, view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
  WF_ASSIGN_OR_RETURN(const SweepFile file, ParseResolvedSweep(view->sweep().resolved));
  options.cache_off = file.cache == "off";
  options.settings = ReportSettings(file, *workload);
  return BuildReport(*view, *workload, options);
}

}  // namespace

absl::StatusOr<std::string> RenderStoredReport(const std::string& data_directory,
                                               const StoredReportRequest& request) {
  ReportOptions options;
  options.energy_class = request.energy_class;
  options.grader = request.grader;
  if (request.pue) {
    options.pue = Pue{.ratio = *request.pue, .source = request.pue_source};
  }
  if (!request.weights_file.empty()) {
    WF_ASSIGN_OR_RETURN(const std::string text, ReadText(request.weights_file));
    WF_ASSIGN_OR_RETURN(options.weights, ParseSubjectWeights(text, request.weights_file));
  }
  WF_ASSIGN_OR_RETURN(const Report report,
                      BuildStored(data_directory, request.sweep, std::move(options)));
  return RenderAs(report, request.format);
}

absl::StatusOr<std::string> RenderStoredRoute(const std::string& data_directory,
                                              const StoredRouteRequest& request) {
  ReportOptions options;
  options.energy_class = request.energy_class;
  options.routing = request.routing;
  WF_ASSIGN_OR_RETURN(const Report report,
                      BuildStored(data_directory, request.sweep, std::move(options)));
  return request.as_json ? RenderRouteJson(report) : RenderRoute(report);
}

}  // namespace wattfleet::coordinator
