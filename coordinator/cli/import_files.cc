#include "coordinator/cli/import_files.h"

#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace wattfleet::coordinator {

absl::StatusOr<ImportReport> ImportFiles(const ImportOptions& options) {
  absl::StatusOr<ImportReport> report = ImportWorkload(options);
  if (absl::IsDataLoss(report.status())) {
    return absl::InvalidArgumentError(report.status().message());
  }
  return report;
}

std::string ImportText(const ImportReport& report) {
  const WorkloadFacts& workload = report.workload;
  std::set<std::string> datasets;
  for (const DatasetCount& stratum : workload.strata) {
    datasets.insert(stratum.dataset);
  }
  std::string text;
  if (report.rejected > 0) {
    absl::StrAppendFormat(&text, "rejected %d row%s:\n", report.rejected,
                          report.rejected == 1 ? "" : "s");
    for (const RejectedRow& row : report.first_rejected) {
      absl::StrAppendFormat(&text, "  %s:%d: %s\n", row.file, row.line, row.reason);
    }
    const auto shown = static_cast<std::int64_t>(report.first_rejected.size());
    if (report.rejected > shown) {
      absl::StrAppendFormat(&text, "  and %d more\n", report.rejected - shown);
    }
  }
  absl::StrAppendFormat(&text, "%s workload %s: %d queries, %d dataset%s, %s\n",
                        report.already_there ? "already there:" : "imported", workload.name,
                        workload.queries, datasets.size(), datasets.size() == 1 ? "" : "s",
                        workload.id.substr(0, 19));
  return text;
}

}  // namespace wattfleet::coordinator
