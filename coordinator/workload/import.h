#ifndef WF_COORDINATOR_WORKLOAD_IMPORT_H_
#define WF_COORDINATOR_WORKLOAD_IMPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/workload/row_filter.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// One workload of a mix, and its share of it; shares count relative to their sum.
struct MixPart {
  std::string workload;
  double share = 0;
};

struct ImportOptions {
  std::string data_directory;
  std::string name;
  std::string preset;              // one of dataset_preset.h; empty = told from the columns
  std::vector<std::string> files;  // plain, .gz or .zst; rows of CSV where so named, else of JSON
  std::vector<std::pair<std::string, std::string>> map;  // jsonl, csv: our field -> their column
  std::string grader;                                    // overrides the told one
  std::vector<RowFilter> filters;
  std::string labels;     // a file that gives queries their subject (label_file.h); may be empty
  std::string label_set;  // "economic": other labels are refused; empty = any
  std::string shots;      // a file of examples for prompts; may be empty
  bool skip_malformed = false;  // reject rows that cannot be read, rather than refuse the file
  std::vector<MixPart> mix;     // of imported workloads, instead of files
  std::optional<std::int64_t> mix_queries;  // absent = as many as the shares allow
  std::uint64_t seed = 1;                   // of the order, and of what a mix takes
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
  std::vector<std::pair<std::string, std::int64_t>> filtered;  // filter -> rows that it removed
  std::int64_t unlabelled = 0;  // queries without a label, where there is a file of labels
  std::int64_t rejected = 0;
  std::vector<RejectedRow> first_rejected;  // at most 20
};

// Reads dataset files into an immutable workload of the data directory. Rows that make no query are
// rejected by line and counted, rows that a filter removes are counted. INVALID_ARGUMENT: a row
// that cannot be read (its line is named), unknown preset or column, no row left, duplicate ids
// (both lines named), an unknown label; ALREADY_EXISTS: the name is taken by other content. Writes
// a temporary file and renames it, so that nothing half-written is ever seen.
absl::StatusOr<ImportReport> ImportWorkload(const ImportOptions& options);

// How many queries each part gives to a mix of `queries`, or, when that is absent, to the largest
// one that the parts allow: within one of its exact share (largest remainder), and their sum is
// exact. `sizes` are the parts' own. INVALID_ARGUMENT: a share that is not positive, or a part that
// has fewer than its share (it is named).
absl::StatusOr<std::vector<std::int64_t>> MixCounts(const std::vector<MixPart>& parts,
                                                    const std::vector<std::int64_t>& sizes,
                                                    std::optional<std::int64_t> queries);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_IMPORT_H_
