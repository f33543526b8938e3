#ifndef WF_COORDINATOR_REPORT_REPORT_SENSORS_H_
#define WF_COORDINATOR_REPORT_REPORT_SENSORS_H_

#include <vector>

#include "coordinator/report/report.h"
#include "coordinator/report/report_pair.h"

namespace wattfleet::coordinator {

// The channels that make the pair's class, by agent and name.
std::vector<ReportedSensor> SensorsOf(const PairSources& sources);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_SENSORS_H_
