#ifndef WF_COORDINATOR_WORKLOAD_ROW_READER_H_
#define WF_COORDINATOR_WORKLOAD_ROW_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/query.h"
#include "coordinator/workload/dataset_preset.h"
#include "coordinator/workload/import.h"

namespace wattfleet::coordinator {

// How many bytes must be readable behind a line that is read.
std::size_t RowPadding();

// Turns the JSON rows of one import into queries. The first row that is JSON settles the preset.
// Not thread-safe.
class RowReader {
 public:
  explicit RowReader(const ImportOptions& options);
  ~RowReader();

  // The file that the next rows are of: where rows of preset bbh do not name their task, the file's
  // name does.
  void SetFile(const std::string& path);

  // Splits one JSON document into its rows, each as a line of JSON: the elements of a list, or of
  // the first list that an object holds (published as {"canary": ..., "examples": [...]}).
  // INVALID_ARGUMENT when it is neither.
  absl::StatusOr<std::vector<std::string>> SplitDocument(const std::string& document);

  // Reads one line into `query`; `number` stands for a missing id ("gsm8k-17"). The returned text
  // is why the row is rejected; empty when it is good. INVALID_ARGUMENT when no row can be read
  // this way: unknown preset, field or column.
  absl::StatusOr<std::string> Read(std::string_view line, std::int64_t number, Query& query);

  // The name of the settled preset; empty before.
  std::string preset() const { return preset_ ? preset_->name : std::string(); }

 private:
  struct Json;
  std::string ReadQuery(std::int64_t number, Query& query);
  std::string ReadAnswer(Query& query);
  std::string ReadOptions(Query& query);
  std::string ChooseGrader(Query& query) const;

  const ImportOptions& options_;
  std::optional<DatasetPreset> preset_;
  std::string file_stem_;
  std::unique_ptr<Json> json_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_ROW_READER_H_
