#include "coordinator/service/stored_compare.h"

#include <memory>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"
#include "coordinator/config/sweep_yaml.h"
#include "coordinator/report/side_by_side.h"
#include "coordinator/service/report_settings.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

namespace {

// What a side is read from.
struct OpenSide {
  std::unique_ptr<SweepView> view;
  std::unique_ptr<Workload> workload;
  SideSources sources;
};

absl::StatusOr<OpenSide> Open(const std::string& data_directory, const std::string& name,
                              const std::string& energy_class) {
  const std::size_t colon = name.find(':');
  OpenSide side;
  WF_ASSIGN_OR_RETURN(side.view, OpenSweepView(data_directory, name.substr(0, colon)));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(data_directory, side.view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(side.workload, OpenWorkload(path));
  WF_ASSIGN_OR_RETURN(const SweepFile file, ParseResolvedSweep(side.view->sweep().resolved));
  ReportOptions options{.energy_class = energy_class, .cache_off = file.cache == "off"};
  options.settings = ReportSettings(file, *side.workload);
  side.sources = {.view = side.view.get(),
                  .workload = side.workload.get(),
                  .options = options,
                  .pair = colon == std::string::npos ? "" : name.substr(colon + 1)};
  return side;
}

}  // namespace

absl::StatusOr<std::string> CompareStored(const std::string& data_directory,
                                          const CompareStoredRequest& request) {
  if (request.a == request.b) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "\"%s\" beside itself: name two sweeps, or two pairs as SWEEP:PAIR", request.a));
  }
  WF_ASSIGN_OR_RETURN(const OpenSide a, Open(data_directory, request.a, request.energy_class));
  WF_ASSIGN_OR_RETURN(const OpenSide b, Open(data_directory, request.b, request.energy_class));
  WF_ASSIGN_OR_RETURN(const SideBySide comparison,
                      request.operating_points ? CompareOperatingPoints(a.sources, b.sources)
                                               : CompareSides(a.sources, b.sources));
  if (request.as_json) {
    return RenderSideBySideJson(comparison);
  }
  return request.operating_points ? RenderOperatingPoints(comparison)
                                  : RenderSideBySide(comparison);
}

}  // namespace wattfleet::coordinator
