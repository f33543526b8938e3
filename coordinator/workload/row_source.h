#ifndef WF_COORDINATOR_WORKLOAD_ROW_SOURCE_H_
#define WF_COORDINATOR_WORKLOAD_ROW_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// How many bytes must be readable behind a row that is parsed.
std::size_t RowPadding();

// One row of a file, not parsed yet.
struct RowText {
  std::string_view json;    // valid during the visit; RowPadding() bytes can be read behind it
  std::int64_t number = 0;  // its line, from 1; of a JSON document, which element
  std::string malformed;    // why it cannot be read; empty when it can
};

// Visits the rows of one file in order, in memory bounded by the longest row: a row a line, or one
// JSON document (a list, or an object that holds one, as published: {"examples": [...]}) of at most
// 32 MiB, whose elements then count as lines; CSV where `is_csv`. Returns how many lines there are.
// A visit's error ends the walk and is returned behind "FILE:LINE: ". NOT_FOUND, DATA_LOSS as
// OpenByteStream; INVALID_ARGUMENT for a document that holds no list.
absl::StatusOr<std::int64_t> ForEachRow(const std::string& path, bool is_csv,
                                        const std::function<absl::Status(const RowText&)>& visit);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_ROW_SOURCE_H_
