#ifndef WF_COORDINATOR_REPORT_REPORT_ENERGY_H_
#define WF_COORDINATOR_REPORT_REPORT_ENERGY_H_

#include <optional>

#include "coordinator/report/report_pair.h"

namespace wattfleet::coordinator {

// The energy section of one pair, with the reason for whatever it does not show.
ReportedEnergy ReportEnergy(const PairSources& sources, std::optional<double> cached_input_share);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_ENERGY_H_
