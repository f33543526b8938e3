#ifndef WF_COORDINATOR_WORKLOAD_CSV_READER_H_
#define WF_COORDINATOR_WORKLOAD_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/workload/line_reader.h"

namespace wattfleet::coordinator {

// Whether a file's name says that its rows are CSV: .csv, also .csv.gz and .csv.zst.
bool IsCsvName(const std::string& path);

struct CsvRecord {
  std::string json;         // an object: column -> text
  std::int64_t number = 0;  // of the record's first line, from 1
  std::string malformed;    // why there is no object; empty when there is one
};

// Reads CSV (RFC 4180: comma, double quotes, quoted line ends) with a header, record by record, as
// JSON objects. Lines without a character are passed over. Not thread-safe.
class CsvReader {
 public:
  // `lines` outlives this. `padding` bytes can be read behind `json`.
  CsvReader(LineReader& lines, std::size_t padding) : lines_(lines), padding_(padding) {}

  // Before the first Next. INVALID_ARGUMENT: no header, or a column named twice.
  absl::Status ReadHeader();
  // False at the end of the file.
  absl::StatusOr<bool> Next(CsvRecord& record);

 private:
  // The next record's fields; `malformed` when a quote never ends or the record is too long.
  absl::StatusOr<bool> ReadFields(std::int64_t& number, std::string& malformed);

  LineReader& lines_;
  std::size_t padding_;
  std::vector<std::string> columns_;
  std::vector<std::string> fields_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_CSV_READER_H_
