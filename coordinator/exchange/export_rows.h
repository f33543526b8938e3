#ifndef WF_COORDINATOR_EXCHANGE_EXPORT_ROWS_H_
#define WF_COORDINATOR_EXCHANGE_EXPORT_ROWS_H_

#include <string>

#include "absl/status/status.h"

#include "coordinator/store/sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

enum class RowFormat { kCsv, kNdjson };

struct RowExport {
  RowFormat format = RowFormat::kNdjson;
  std::string path;
  std::string energy_class = "host";
  bool with_text = false;  // question, references, response, reasoning, what the grader took
};

// Writes one row per result, pair by pair: CSV (RFC 4180, lines end with LF) with every column, or
// JSON lines without what is not known. Numbers read back as the same integers and doubles; both
// forms have the same columns (docs/exchange.md). `path` is replaced only by a whole file.
absl::Status ExportRows(SweepView& view, const Workload& workload, const RowExport& options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_EXPORT_ROWS_H_
