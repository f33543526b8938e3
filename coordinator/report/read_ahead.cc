#include "coordinator/report/read_ahead.h"

#include <utility>

namespace wattfleet::coordinator {

ReadAhead::ReadAhead(const PairReader& reader, std::span<const PairSnapshot> pairs)
    : reader_(reader), pairs_(pairs) {
  Start();
}

absl::StatusOr<PairRows> ReadAhead::Next() {
  thread_.join();
  absl::StatusOr<PairRows> rows = *std::exchange(rows_, std::nullopt);
  ++next_;
  if (rows.ok()) {
    Start();
  }
  return rows;
}

void ReadAhead::Start() {
  if (next_ < pairs_.size()) {
    thread_ = std::jthread([this] { rows_ = reader_.Read(pairs_[next_], columns_[next_ % 2]); });
  }
}

}  // namespace wattfleet::coordinator
