#ifndef WF_COORDINATOR_SERVICE_SERVED_SWEEP_H_
#define WF_COORDINATOR_SERVICE_SERVED_SWEEP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "common/domain/judge_task.h"
#include "coordinator/core/events.h"
#include "coordinator/plan/sweep_file.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {

// What working on a sweep needs beside the core's state: its file, its workload and which query
// each position is. Immutable; shared by all threads that grade or load prompts.
struct ServedSweep {
  SweepFile file;
  std::shared_ptr<const Workload> workload;
  std::vector<std::int64_t> q_of_position;
  // How answers are judged that no deterministic grader decides, whosever they are.
  std::optional<JudgeTask> judge;
  std::optional<JudgeTask> fallback;  // of whole pairs that the judge cannot
};

// How the file's prompts are made.
PromptForm FormOf(const SweepFile& file);

// Fills `graded.verdicts` with what the deterministic graders say; a result that none of them
// decides stays pending. CPU only, but for reading the references. With `judge`, of a judge pair:
// what its replies say.
void GradeBatch(const ServedSweep& sweep, const std::optional<JudgeTask>& judge,
                GradedBatch& graded);

// The queries of `order`, rendered, in unit order; for an engine that answers by id the prompt
// stays empty. Calls `emit` with chunks of at most 256 KiB (one query may be larger), the last one
// marked.
absl::Status LoadQueries(const ServedSweep& sweep, const QueryOrder& order,
                         const std::function<void(LeaseQueries)>& emit);

// The same for an order of a judge pair, whose prompts show stored answers of `data_directory`.
absl::Status LoadJudgeQueries(const ServedSweep& sweep, const std::string& data_directory,
                              const QueryOrder& order,
                              const std::function<void(LeaseQueries)>& emit);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_SERVICE_SERVED_SWEEP_H_
