#ifndef WF_COORDINATOR_WORKLOAD_ROW_COLLECTOR_H_
#define WF_COORDINATOR_WORKLOAD_ROW_COLLECTOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/query.h"
#include "coordinator/workload/import.h"
#include "coordinator/workload/label_file.h"
#include "coordinator/workload/row_reader.h"
#include "coordinator/workload/row_source.h"
#include "coordinator/workload/row_spool.h"
#include "coordinator/workload/stratified_order.h"

namespace wattfleet::coordinator {

// Reads all files of one import into a spool, noting where each row belongs, and then puts the rows
// in order. Memory: 64 bytes a row at most. Not thread-safe.
class RowCollector {
 public:
  // `options` and `report`, which takes what is rejected, outlive this.
  RowCollector(const ImportOptions& options, RowSpool spool, ImportReport& report)
      : options_(options), report_(report), spool_(std::move(spool)), reader_(options) {}

  // Files in the order of ImportOptions::files, as ForEachRow reads them. Errors name the file, and
  // the line where there is one.
  absl::Status ReadFile(const std::string& path);
  // Gives queries their subject; outlives this. Before the first file.
  void SetLabels(const LabelFile* labels) { labels_ = labels; }
  // Examples for prompts; a query that is one of them is refused. Before the first file.
  void SetShots(std::vector<Shot> shots);
  // Queries of another workload, in the order of ImportOptions::mix.
  absl::Status ReadWorkload(const Workload& workload, const std::vector<std::int64_t>& places);

  // After the last file. INVALID_ARGUMENT when there is no row, or an id twice: both lines named.
  absl::Status Finish();

  RowSpool& spool() { return spool_; }
  const std::vector<OrderedRow>& order() const { return rows_; }
  // Sorted by dataset, then subject; OrderedRow::stratum counts them.
  const std::vector<DatasetCount>& strata() const { return strata_; }
  const std::vector<Shot>& shots() const { return shots_; }
  std::string preset() const { return reader_.preset(); }

 private:
  absl::Status ReadRow(const std::string& path, const RowText& row);
  absl::Status Add(const Query& query, std::int64_t number);
  void Reject(const std::string& path, std::int64_t line, std::string reason);
  std::uint32_t StratumOf(const Query& query);
  absl::Status NoRowError() const;
  std::string Place(std::int64_t number) const;
  absl::StatusOr<std::string> IdOf(const OrderedRow& row);
  absl::Status CheckDuplicates();
  void SortStrata();

  const ImportOptions& options_;
  ImportReport& report_;
  RowSpool spool_;
  RowReader reader_;
  const LabelFile* labels_ = nullptr;  // may be null
  std::vector<Shot> shots_;
  absl::flat_hash_set<std::string> shot_questions_;
  Query query_;
  std::vector<OrderedRow> rows_;
  std::vector<std::int64_t> line_of_row_;  // counted over all files
  std::vector<std::int64_t> lines_before_file_;
  std::int64_t lines_ = 0;  // of the files before
  std::vector<DatasetCount> strata_;
  std::map<std::pair<std::string, std::string>, std::size_t> stratum_of_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_ROW_COLLECTOR_H_
