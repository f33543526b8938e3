#ifndef WF_COORDINATOR_REPORT_READ_AHEAD_H_
#define WF_COORDINATOR_REPORT_READ_AHEAD_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <thread>

#include "absl/status/statusor.h"

#include "coordinator/analysis/columns.h"
#include "coordinator/report/pair_reader.h"
#include "coordinator/store/records.h"

namespace wattfleet::coordinator {

// Reads the rows of the next pair on a thread of its own while the figures of this one are
// computed: for a large sweep each takes about half of a report's time. Between the construction
// and the last Next(), nothing else may use the reader or its view.
class ReadAhead {
 public:
  // Borrows both. Starts to read the first pair.
  ReadAhead(const PairReader& reader, std::span<const PairSnapshot> pairs);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Waits for the next pair's rows and starts on the one after it, in the order of `pairs`. To be
  // called once for each of them; not after an error, which is PairReader::Read's.
  absl::StatusOr<PairRows> Next();
  // The columns of the pair that Next() returned, until the next call.
  const UnitColumns& columns() const { return columns_[(next_ + 1) % 2]; }

 private:
  void Start();

  const PairReader& reader_;
  const std::span<const PairSnapshot> pairs_;
  std::array<UnitColumns, 2> columns_;
  std::size_t next_ = 0;                          // of pairs_: the one that is read
  std::optional<absl::StatusOr<PairRows>> rows_;  // of pairs_[next_], once the thread has ended
  std::jthread thread_;  // last: it is joined before what it writes to goes
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_READ_AHEAD_H_
