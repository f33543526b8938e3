#ifndef WF_COORDINATOR_WORKLOAD_MIX_H_
#define WF_COORDINATOR_WORKLOAD_MIX_H_

#include "absl/status/status.h"

#include "coordinator/workload/import.h"
#include "coordinator/workload/row_collector.h"

namespace wattfleet::coordinator {

// Reads what ImportOptions::mix asks for into `rows`: of each workload a fair sample, stratified by
// (dataset, subject) and drawn by the seed, so that of one seed a smaller mix's rows are a part of
// a larger one's. Errors as MixCounts; NOT_FOUND for an unknown workload.
absl::Status ReadMix(const ImportOptions& options, RowCollector& rows);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_MIX_H_
