#ifndef WF_COORDINATOR_WORKLOAD_WORKLOAD_WRITER_H_
#define WF_COORDINATOR_WORKLOAD_WORKLOAD_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/workload/row_spool.h"
#include "coordinator/workload/stratified_order.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

struct DraftFacts {
  std::string name;
  std::string preset;
  std::uint64_t seed = 0;
  std::vector<Shot> shots;
};

// Writes the rows, in `order`, as a workload database at `path` and returns its id, "sha256:<hex>":
// the hash over a line that names the encoding, the number of rows, and the canonical encoding of
// each row in order; and, where there are shots, over their number, encodings and workings. `path`
// must not exist or be empty.
absl::StatusOr<std::string> WriteWorkload(const std::string& path, const DraftFacts& facts,
                                          const std::vector<DatasetCount>& strata,
                                          const std::vector<OrderedRow>& order, RowSpool& rows);

// The id that a workload's content has, computed anew.
absl::StatusOr<std::string> ContentIdOf(const Workload& workload);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_WORKLOAD_WRITER_H_
