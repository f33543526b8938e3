#include "coordinator/workload/row_spool.h"

#include <utility>

#include "common/status/status_macros.h"
#include "coordinator/workload/query_codec.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kWriteBlock = std::size_t{1} << 20;

}  // namespace

absl::StatusOr<RowSpool> RowSpool::Create(const std::string& directory) {
  WF_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(directory));
  return RowSpool(std::move(file));
}

absl::Status RowSpool::Append(const Query& query) {
  const std::size_t before = buffer_.size();
  EncodeQuery(query, buffer_);
  places_.push_back({.offset = written_ + static_cast<std::int64_t>(before),
                     .size = static_cast<std::uint32_t>(buffer_.size() - before)});
  return buffer_.size() < kWriteBlock ? absl::OkStatus() : Finish();
}

absl::Status RowSpool::Finish() {
  WF_RETURN_IF_ERROR(file_.Append(buffer_));
  written_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> RowSpool::Read(std::size_t row) {
  const Place& place = places_[row];
  if (buffer_.size() < place.size) {
    buffer_.resize(place.size);
  }
  WF_RETURN_IF_ERROR(file_.ReadAt(place.offset, buffer_.data(), place.size));
  return std::string_view(buffer_).substr(0, place.size);
}

}  // namespace wattfleet::coordinator
