#ifndef WF_COORDINATOR_WORKLOAD_IMPORT_H_
#define WF_COORDINATOR_WORKLOAD_IMPORT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

struct ImportOptions {
  std::string data_directory;
  std::string name;
  std::string preset;              // mmlu-pro, gsm8k, bbh, jsonl; empty = told from the columns
  std::vector<std::string> files;  // plain, .gz or .zst
  std::vector<std::pair<std::string, std::string>> map;  // jsonl: our field -> their column
  std::string grader;                                    // jsonl: overrides the told one
  std::uint64_t seed = 1;
  std::int64_t max_prompt_bytes = std::int64_t{256} << 10;
};

struct RejectedRow {
  std::string file;
  std::int64_t line = 0;
  std::string reason;
};

struct ImportReport {
  WorkloadFacts workload;
  std::string path;
  bool already_there = false;  // same name and content: nothing was written
  std::int64_t rejected = 0;
  std::vector<RejectedRow> first_rejected;  // at most 20
};

// Reads dataset files into an immutable workload of the data directory; bad rows are rejected by
// line and counted. INVALID_ARGUMENT: unknown preset or column, no row left, duplicate ids (both
// lines named); ALREADY_EXISTS: the name is taken by other content. Writes a temporary file and
// renames it, so that nothing half-written is ever seen.
absl::StatusOr<ImportReport> ImportWorkload(const ImportOptions& options);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_IMPORT_H_
