#ifndef WF_COORDINATOR_REPORT_FINDINGS_H_
#define WF_COORDINATOR_REPORT_FINDINGS_H_

#include <string>
#include <vector>

#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// What the figures say, in words and in order of importance. Compares only what may be compared:
// energy of one class under one condition, measured. Empty while nothing is decided.
std::vector<std::string> FindingsOf(const Report& report);

// What is wrong or missing, all of it: an unfinished sweep, mismatches, gaps, unmeasured energy,
// models left out, cautions.
std::vector<std::string> AttentionOf(const Report& report);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_FINDINGS_H_
