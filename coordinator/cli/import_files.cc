#include "coordinator/cli/import_files.h"

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include <nlohmann/json.hpp>

#include "common/process/posix_process_launcher.h"
#include "common/status/status_macros.h"
#include "coordinator/cli/duckdb.h"
#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {

namespace {

// Parquet files of an import, as JSON lines in temporary files of the data directory.
class Converted {
 public:
  // Replaces the Parquet files of `options` by what they are converted to.
  absl::Status Convert(ImportOptions& options) {
    std::error_code error;
    std::filesystem::create_directories(options.data_directory, error);
    std::vector<std::string*> files = {&options.labels, &options.shots};
    for (std::string& file : options.files) {
      files.push_back(&file);
    }
    PosixProcessLauncher launcher;
    for (std::string* file : files) {
      if (file->empty() || !IsParquet(*file)) {
        continue;
      }
      WF_ASSIGN_OR_RETURN(TemporaryFile lines, TemporaryFile::Create(options.data_directory));
      WF_RETURN_IF_ERROR(ParquetToJsonLines(launcher, *file, lines.path()));
      names_.emplace_back(lines.path(), *file);
      *file = lines.path();
      files_.push_back(std::move(lines));
    }
    return absl::OkStatus();
  }
  // A message with the user's names in it.
  std::string WithNames(absl::string_view text) const { return absl::StrReplaceAll(text, names_); }

 private:
  std::vector<TemporaryFile> files_;
  std::vector<std::pair<std::string, std::string>> names_;
};

}  // namespace

absl::StatusOr<ImportReport> ImportFiles(const ImportOptions& asked) {
  ImportOptions options = asked;
  Converted converted;
  WF_RETURN_IF_ERROR(converted.Convert(options));
  absl::StatusOr<ImportReport> report = ImportWorkload(options);
  if (!report.ok()) {
    const absl::StatusCode code = absl::IsDataLoss(report.status())
                                      ? absl::StatusCode::kInvalidArgument
                                      : report.status().code();
    return absl::Status(code, converted.WithNames(report.status().message()));
  }
  for (RejectedRow& row : report->first_rejected) {
    row.file = converted.WithNames(row.file);
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
  for (const auto& [filter, removed] : report.filtered) {
    absl::StrAppendFormat(&text, "filter %s removed %d row%s\n", filter, removed,
                          removed == 1 ? "" : "s");
  }
  if (report.unlabelled > 0) {
    absl::StrAppendFormat(&text, "%d quer%s without a label keep%s the dataset's own subject\n",
                          report.unlabelled, report.unlabelled == 1 ? "y" : "ies",
                          report.unlabelled == 1 ? "s" : "");
  }
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

std::string ImportJson(const ImportReport& report) {
  using Json = nlohmann::ordered_json;
  const WorkloadFacts& workload = report.workload;
  Json json = {{"schema", "wattfleet.import/1"},
               {"name", workload.name},
               {"id", workload.id},
               {"path", report.path},
               {"already_there", report.already_there},
               {"queries", workload.queries}};
  json["strata"] = Json::array();
  for (const DatasetCount& stratum : workload.strata) {
    json["strata"].push_back(
        {{"dataset", stratum.dataset}, {"subject", stratum.subject}, {"queries", stratum.queries}});
  }
  json["filtered"] = Json::object();
  for (const auto& [filter, removed] : report.filtered) {
    json["filtered"][filter] = removed;
  }
  json["unlabelled"] = report.unlabelled;
  json["rejected"] = report.rejected;
  json["first_rejected"] = Json::array();
  for (const RejectedRow& row : report.first_rejected) {
    json["first_rejected"].push_back(
        {{"file", row.file}, {"line", row.line}, {"reason", row.reason}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wattfleet::coordinator
