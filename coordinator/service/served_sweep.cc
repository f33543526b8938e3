#include "coordinator/service/served_sweep.h"

#include <optional>
#include <utility>

#include "common/domain/unit.h"
#include "common/status/status_macros.h"
#include "coordinator/grading/grade_result.h"
#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::size_t kChunkBytes = 256 << 10;

absl::StatusOr<Query> QueryOf(const ServedSweep& sweep, Unit unit) {
  const auto n = static_cast<std::int64_t>(sweep.q_of_position.size());
  if (n == 0 || unit < 0) {
    return absl::OutOfRangeError("a unit outside its sweep's sample");
  }
  const auto position = static_cast<std::size_t>(AddressOf(unit, n).position);
  return sweep.workload->Get(sweep.q_of_position[position]);
}

std::optional<Verdict> Grade(const ServedSweep& sweep, const Result& result) {
  if (result.status == ResultStatus::kFailed) {
    return std::nullopt;
  }
  const absl::StatusOr<Query> query = QueryOf(sweep, result.unit);
  if (!query.ok()) {
    return std::nullopt;
  }
  const bool told = sweep.file.default_grader == "auto";
  const absl::StatusOr<const Grader*> grader =
      FindGrader(told ? query->grader : sweep.file.default_grader);
  if (!grader.ok()) {
    return std::nullopt;
  }
  return GradeResult(**grader, *query, result.status, result.failure, result.body_zstd);
}

}  // namespace

PromptForm FormOf(const SweepFile& file) {
  return {.prompt_template = file.prompt_template, .shots = file.prompt_shots};
}

void GradeBatch(const ServedSweep& sweep, GradedBatch& graded) {
  graded.verdicts.clear();
  graded.verdicts.reserve(graded.batch.results.size());
  for (const Result& result : graded.batch.results) {
    graded.verdicts.push_back(Grade(sweep, result));
  }
}

absl::Status LoadQueries(const ServedSweep& sweep, const QueryOrder& order,
                         const std::function<void(LeaseQueries)>& emit) {
  const PromptForm form = FormOf(sweep.file);
  const bool needs_prompt = order.pair.build.engine != "replay";
  LeaseQueries chunk{.lease = order.lease, .epoch = order.epoch};
  std::size_t bytes = 0;
  for (const UnitRange& range : order.units) {
    for (Unit unit = range.lo; unit < range.hi; ++unit) {
      WF_ASSIGN_OR_RETURN(const Query query, QueryOf(sweep, unit));
      LeaseQuery item{.unit = unit, .query_id = query.id};
      if (needs_prompt) {
        item.system = sweep.file.system_prompt;
        item.prompt = RenderPrompt(query, form, sweep.workload->shots());
      }
      const std::size_t size = item.query_id.size() + item.system.size() + item.prompt.size() + 32;
      if (bytes + size > kChunkBytes && !chunk.queries.empty()) {
        emit(std::exchange(chunk, {.lease = order.lease, .epoch = order.epoch}));
        bytes = 0;
      }
      bytes += size;
      chunk.queries.push_back(std::move(item));
    }
  }
  chunk.last = true;
  emit(std::move(chunk));
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
