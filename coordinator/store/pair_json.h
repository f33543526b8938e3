#ifndef WF_COORDINATOR_STORE_PAIR_JSON_H_
#define WF_COORDINATOR_STORE_PAIR_JSON_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "common/domain/judge_task.h"
#include "common/domain/pair.h"

namespace wattfleet::coordinator {

// PairSpec <-> the JSON of pair.spec. Ids, sweep, units and plan hash are columns of their own and
// not part of it. DATA_LOSS for text that PairSpecToJson did not make.
std::string PairSpecToJson(const PairSpec& pair,
                           const std::optional<JudgeTask>& judge = std::nullopt);
absl::StatusOr<PairSpec> PairSpecFromJson(std::string_view json);
// What the pair judges; absent where it answers itself.
absl::StatusOr<std::optional<JudgeTask>> JudgeTaskFromJson(std::string_view json);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_PAIR_JSON_H_
