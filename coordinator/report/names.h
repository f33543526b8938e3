#ifndef WF_COORDINATOR_REPORT_NAMES_H_
#define WF_COORDINATOR_REPORT_NAMES_H_

#include <string_view>

#include "common/domain/pair.h"
#include "common/domain/result.h"
#include "coordinator/analysis/comparison.h"
#include "coordinator/analysis/energy_figures.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// The words of the report's contract.
std::string_view SweepStateName(SweepState state);
std::string_view PairStateName(PairState state);
std::string_view LocationName(Location location);
std::string_view EnergyStatusName(EnergyVerdict verdict);
std::string_view MatchName(WeightsMatch match);
// "NO_RECORDING".
std::string_view FailureName(Failure failure);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_NAMES_H_
