#ifndef WF_COORDINATOR_WORKLOAD_ROW_SPOOL_H_
#define WF_COORDINATOR_WORKLOAD_ROW_SPOOL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/domain/query.h"
#include "coordinator/workload/durable_file.h"

namespace wattfleet::coordinator {

// The rows of an import between being read and being put in order: canonical encodings in a
// temporary file, so that memory holds 16 bytes a row. Write all, then Finish, then read any.
class RowSpool {
 public:
  static absl::StatusOr<RowSpool> Create(const std::string& directory);

  absl::Status Append(const Query& query);
  absl::Status Finish();

  std::size_t rows() const { return places_.size(); }
  // The canonical encoding of a row; valid until the next call.
  absl::StatusOr<std::string_view> Read(std::size_t row);

 private:
  struct Place {
    std::int64_t offset = 0;
    std::uint32_t size = 0;
  };
  explicit RowSpool(TemporaryFile file) : file_(std::move(file)) {}

  TemporaryFile file_;
  std::vector<Place> places_;
  std::int64_t written_ = 0;
  std::string buffer_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_ROW_SPOOL_H_
