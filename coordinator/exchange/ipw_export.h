#ifndef WF_COORDINATOR_EXCHANGE_IPW_EXPORT_H_
#define WF_COORDINATOR_EXCHANGE_IPW_EXPORT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

struct IpwExport {
  std::string path;                    // of the folder, which must not exist
  std::string energy_class = "paper";  // what per_query_joules is
  std::string version;                 // of this program
  std::int64_t made_unix_ms = 0;
};

// Writes a sweep as runs of the reference harness of "Intelligence per Watt" (arXiv:2511.07885):
// for each pair a folder profile_ACCELERATOR_MODEL_WORKLOAD_BUILD_CONDITION with data.jsonl (one
// ProfilingRecord a line, with every name of its ModelMetrics; null is not known), summary.json,
// and analysis/accuracy.json. What the harness has no name for stands under "wattfleet" in the
// metrics: enough to import the rows back without loss. Names, meanings and differences:
// docs/exchange.md. ALREADY_EXISTS where there is something at `path`; the folder appears whole or
// not at all.
absl::Status ExportIpw(SweepView& view, const Workload& workload, const IpwExport& options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_IPW_EXPORT_H_
