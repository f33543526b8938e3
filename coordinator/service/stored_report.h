#ifndef WF_COORDINATOR_SERVICE_STORED_REPORT_H_
#define WF_COORDINATOR_SERVICE_STORED_REPORT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/report/build_report.h"

namespace wattfleet::coordinator {

struct StoredReportRequest {
  std::string sweep;
  std::string format = "table";
  std::string energy_class = "host";
  std::optional<double> pue;  // for class facility
  std::string pue_source;
  std::string grader;   // NAME or NAME@VERSION; empty: the verdicts in force
  std::string weights;  // of subjects, as a file holds them (report/subject_weights.h); empty: none
  std::string weights_source;  // that file's name, for messages and the report
  bool timings = false;        // also in other tools' conventions
};

// The report of a sweep of a data directory as it is at this moment, rendered; also beside a
// running coordinator. NOT_FOUND: no such sweep or workload; INVALID_ARGUMENT: unknown format,
// class or grader.
absl::StatusOr<std::string> RenderStoredReport(const std::string& data_directory,
                                               const StoredReportRequest& request);

struct StoredRouteRequest {
  std::string sweep;
  std::string energy_class = "host";
  RoutingRequest routing;
  bool as_json = false;
};

// The routing study of a sweep, as RenderStoredReport. INVALID_ARGUMENT: an unknown pair too, or
// terms out of their range.
absl::StatusOr<std::string> RenderStoredRoute(const std::string& data_directory,
                                              const StoredRouteRequest& request);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_STORED_REPORT_H_
