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
#include "coordinator/workload/row_filter.h"

namespace wattfleet::coordinator {

// What became of a row.
struct RowOutcome {
  enum class Kind {
    kQuery,      // a query
    kMalformed,  // no row at all: not JSON, not an object, not UTF-8
    kUnusable,   // a row that makes no query: no prompt, an answer that is none of the options
    kFiltered,   // taken out by a filter that was asked for
  };
  Kind kind = Kind::kQuery;
  std::string reason;  // of kMalformed and kUnusable
};

// Turns the JSON rows of one import into queries. The first row that is JSON settles the preset.
// Not thread-safe.
class RowReader {
 public:
  explicit RowReader(const ImportOptions& options);
  ~RowReader();

  // The file that the next rows are of: where rows of preset bbh do not name their task, the file's
  // name does.
  void SetFile(const std::string& path);

  // Reads one row, behind which RowPadding() bytes can be read, into `query`; `number` stands for a
  // missing id ("gsm8k-17"). INVALID_ARGUMENT when no row can be read this way: unknown preset,
  // field or column.
  absl::StatusOr<RowOutcome> Read(std::string_view line, std::int64_t number, Query& query);
  // How the answer of the row read last is found, for a shot; nothing where the row does not say.
  std::optional<std::string> Worked() const;

  // The name of the settled preset; empty before.
  std::string preset() const { return preset_ ? preset_->name : std::string(); }
  const RowFilters& filters() const { return filters_; }

 private:
  struct Json;
  std::string ReadQuery(std::int64_t number, Query& query);
  std::string ReadConversation(Query& query);
  std::string ReadAnswer(Query& query);
  std::string ReadOptions(Query& query);
  std::string ReadOptionList(Query& query);
  std::string ChooseGrader(Query& query) const;
  RowTags ReadTags() const;

  const ImportOptions& options_;
  RowFilters filters_;
  std::optional<DatasetPreset> preset_;
  std::string file_stem_;
  std::unique_ptr<Json> json_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_ROW_READER_H_
