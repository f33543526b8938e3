#ifndef WF_COORDINATOR_SERVICE_REPORT_SETTINGS_H_
#define WF_COORDINATOR_SERVICE_REPORT_SETTINGS_H_

#include <string>
#include <utility>
#include <vector>

#include "coordinator/plan/sweep_file.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// How a sweep asks, as Report::settings: what its file says of prompt, sample, repetitions, cache
// and time limits.
std::vector<std::pair<std::string, std::string>> ReportSettings(const SweepFile& file,
                                                                const Workload& workload);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_REPORT_SETTINGS_H_
