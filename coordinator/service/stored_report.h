#ifndef WF_COORDINATOR_SERVICE_STORED_REPORT_H_
#define WF_COORDINATOR_SERVICE_STORED_REPORT_H_

#include <string>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// The report of a sweep of a data directory as it is at this moment, rendered; also beside a
// running coordinator. NOT_FOUND: no such sweep or workload; INVALID_ARGUMENT: unknown format or
// class.
absl::StatusOr<std::string> RenderStoredReport(const std::string& data_directory,
                                               const std::string& sweep, const std::string& format,
                                               const std::string& energy_class);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_STORED_REPORT_H_
