#ifndef WF_COORDINATOR_WORKLOAD_SHOTS_H_
#define WF_COORDINATOR_WORKLOAD_SHOTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/workload/import.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

inline constexpr std::size_t kMostShots = 10'000;

// The examples of a file, read as the rows of its import are. INVALID_ARGUMENT with FILE:LINE for a
// row that makes none, or for more than kMostShots.
absl::StatusOr<std::vector<Shot>> ReadShots(const ImportOptions& options, const std::string& path);

// Which `count` shots a query's prompt leads with: the first of its dataset and subject, then the
// first others of its dataset. Fewer where there are fewer.
std::vector<const Shot*> ShotsOf(const Query& query, const std::vector<Shot>& shots,
                                 std::int64_t count);

// What stands behind a shot's question: how it is worked, then its answer in the words that the
// dataset's prompt asks for, unless the working ends with them. Marks of a dataset's own (gsm8k's
// "<<2*3=6>>" and "#### 6", MMLU-Pro's "A: ") are left out.
std::string ShotAnswer(const Shot& shot);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_SHOTS_H_
