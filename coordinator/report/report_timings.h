#ifndef WF_COORDINATOR_REPORT_REPORT_TIMINGS_H_
#define WF_COORDINATOR_REPORT_REPORT_TIMINGS_H_

#include "absl/status/statusor.h"

#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/tool_timings.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// Times of a pair in other tools' conventions. Chunk times are stored within responses, so that
// each stored response of the timing population is read and unpacked; one without counts where it
// can.
absl::StatusOr<ToolTimings> ReportTimings(SweepView& view, PairId pair, const UnitColumns& columns);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_TIMINGS_H_
