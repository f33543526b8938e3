#include "coordinator/service/stored_report.h"

#include <algorithm>
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

absl::Status CheckTerms(const RoutingTerms& terms) {
  const bool are_shares =
      std::all_of(terms.router_accuracies.begin(), terms.router_accuracies.end(),
                  [](double share) { return share >= 0 && share <= 1; });
  if (!are_shares) {
    return absl::InvalidArgumentError("a router's accuracy is a share from 0 to 1");
  }
  const std::optional<AssumedJoules>& joules = terms.assumed_baseline_joules;
  if (joules && !(joules->low > 0 && joules->low <= joules->high && joules->high < 1e12)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("assumed joules of the baseline: expected LOW..HIGH joules per query, as "
                        "500..4000, not %g..%g",
                        joules->low, joules->high));
  }
  const std::optional<double>& price = terms.electricity_usd_per_kwh;
  if (price && !(*price >= 0 && *price <= 1e6)) {
    return absl::InvalidArgumentError("a price of electricity is from 0 to 1000000 USD per kWh");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> RenderStoredReport(const std::string& data_directory,
                                               const StoredReportRequest& request) {
  ReportOptions options;
  options.energy_class = request.energy_class;
  options.grader = request.grader;
  options.timings = request.timings;
  if (request.pue) {
    options.pue = Pue{.ratio = *request.pue, .source = request.pue_source};
  }
  if (!request.weights_source.empty()) {
    WF_ASSIGN_OR_RETURN(options.weights,
                        ParseSubjectWeights(request.weights, request.weights_source));
  }
  WF_ASSIGN_OR_RETURN(const Report report,
                      BuildStored(data_directory, request.sweep, std::move(options)));
  return RenderAs(report, request.format);
}

absl::StatusOr<std::string> RenderStoredRoute(const std::string& data_directory,
                                              const StoredRouteRequest& request) {
  WF_RETURN_IF_ERROR(CheckTerms(request.routing.terms));
  ReportOptions options;
  options.energy_class = request.energy_class;
  options.routing = request.routing;
  WF_ASSIGN_OR_RETURN(const Report report,
                      BuildStored(data_directory, request.sweep, std::move(options)));
  return request.as_json ? RenderRouteJson(report) : RenderRoute(report);
}

}  // namespace wattfleet::coordinator
