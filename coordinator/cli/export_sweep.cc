#include "coordinator/cli/export_sweep.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "common/process/posix_process_launcher.h"
#include "common/status/status_macros.h"
#include "common/time/system_clock.h"
#include "coordinator/cli/duckdb.h"
#include "coordinator/exchange/bundle.h"
#include "coordinator/exchange/export_rows.h"
#include "coordinator/exchange/ipw_export.h"
#include "coordinator/exchange/scratch_folder.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {
namespace {

std::int64_t UnixMillisNow() {
  const SystemClock clock;
  return UnixMillis(clock.WallNow());
}

absl::Status CheckRequest(const ExportRequest& request) {
  const std::vector<std::string> formats = {"csv", "ndjson", "parquet", "ipw", "bundle"};
  if (std::find(formats.begin(), formats.end(), request.format) == formats.end()) {
    return absl::InvalidArgumentError(absl::StrFormat("--format: unknown format \"%s\"; %s",
                                                      request.format,
                                                      NearestText(request.format, formats)));
  }
  std::error_code error;
  if (request.format != "ipw" && std::filesystem::exists(request.path, error) &&
      !std::filesystem::is_regular_file(request.path, error)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is no regular file: it would be replaced", request.path));
  }
  return absl::OkStatus();
}

// JSON lines first, then duckdb, into a scratch folder beside the file.
absl::Status ExportParquet(SweepView& view, const Workload& workload, const RowExport& rows) {
  const std::string folder = std::filesystem::path(rows.path).parent_path().string();
  WF_ASSIGN_OR_RETURN(const ScratchFolder scratch,
                      ScratchFolder::Create(folder.empty() ? "." : folder));
  RowExport lines = rows;
  lines.path = scratch.path() + "/rows.ndjson";
  WF_RETURN_IF_ERROR(ExportRows(view, workload, lines));
  PosixProcessLauncher launcher;
  const std::string made = scratch.path() + "/rows.parquet";
  WF_RETURN_IF_ERROR(JsonLinesToParquet(launcher, lines.path, made));
  std::error_code error;
  std::filesystem::rename(made, rows.path, error);
  return error ? absl::InternalError(
                     absl::StrFormat("cannot write %s: %s", rows.path, error.message()))
               : absl::OkStatus();
}

}  // namespace

absl::Status ExportSweep(const ExportRequest& request) {
  WF_RETURN_IF_ERROR(CheckRequest(request));
  if (request.format == "bundle") {
    return ExportBundle({.data_directory = request.data_directory,
                         .sweep = request.sweep,
                         .path = request.path,
                         .with_text = request.with_text,
                         .made_by = WF_VERSION,
                         .made_unix_ms = UnixMillisNow()});
  }
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                      OpenSweepView(request.data_directory, request.sweep));
  WF_ASSIGN_OR_RETURN(const std::string path,
                      FindWorkload(request.data_directory, view->sweep().workload_id));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(path));
  if (request.format == "ipw") {
    return ExportIpw(*view, *workload,
                     {.path = request.path,
                      .energy_class = request.energy_class.empty() ? "paper" : request.energy_class,
                      .version = WF_VERSION,
                      .made_unix_ms = UnixMillisNow()});
  }
  const RowExport rows{.format = request.format == "csv" ? RowFormat::kCsv : RowFormat::kNdjson,
                       .path = request.path,
                       .energy_class = request.energy_class.empty() ? "host" : request.energy_class,
                       .with_text = request.with_text};
  return request.format == "parquet" ? ExportParquet(*view, *workload, rows)
                                     : ExportRows(*view, *workload, rows);
}

}  // namespace wattfleet::coordinator
