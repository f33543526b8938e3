#include "coordinator/service/served_sweep.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

#include "common/domain/unit.h"
#include "common/status/status_macros.h"
#include "common/wire/body.h"
#include "coordinator/grading/answer_text.h"
#include "coordinator/grading/grade_result.h"
#include "coordinator/grading/grader.h"
#include "coordinator/grading/judge_prompt.h"
#include "coordinator/grading/judge_reply.h"
#include "coordinator/store/open_sweep_view.h"

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

Verdict NoAnswer(const JudgeTask& judge, std::string_view reason) {
  return {.value = VerdictValue::kNoAnswer,
          .grader = judge.grader,
          .grader_version = judge.grader_version,
          .reason = std::string(reason)};
}

// Of an answer that a judge decides: whether there is anything to judge.
std::optional<Verdict> GradeForJudge(const JudgeTask& judge, const Result& result) {
  if (const auto reason = ReasonWithoutAnswer(result.status, result.failure); !reason.empty()) {
    return NoAnswer(judge, reason);
  }
  const absl::StatusOr<ResponseBody> body = UnpackBody(result.body_zstd);
  if (!body.ok()) {
    return NoAnswer(judge, "unreadable_body");
  }
  std::string storage;
  if (TrimSpace(SkipReasoning(body->content, storage)).empty()) {
    return NoAnswer(judge, ReasonForSilence(body->content));
  }
  return std::nullopt;
}

// What a judge's reply says.
std::optional<Verdict> GradeJudgement(const JudgeTask& judge, const Result& result) {
  if (result.status == ResultStatus::kFailed) {
    return std::nullopt;
  }
  if (const auto reason = ReasonWithoutAnswer(result.status, result.failure); !reason.empty()) {
    return NoAnswer(judge, reason);
  }
  const absl::StatusOr<ResponseBody> body = UnpackBody(result.body_zstd);
  if (!body.ok()) {
    return NoAnswer(judge, "unreadable_body");
  }
  Verdict verdict = ReadJudgeReply(judge, JudgeUnits(judge).AddressOf(result.unit), body->content);
  if (verdict.reason == kNoVerdict && result.finish == Finish::kLength) {
    verdict.reason = std::string(kVerdictCutOff);
  }
  return verdict;
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
  const std::string& name = told ? query->grader : sweep.file.default_grader;
  if (sweep.judge && (name == "judge" || name == "pairwise")) {
    return GradeForJudge(*sweep.judge, result);
  }
  const absl::StatusOr<const Grader*> grader = FindGrader(name);
  if (!grader.ok()) {
    return std::nullopt;
  }
  return GradeResult(**grader, *query, result.status, result.failure, result.body_zstd);
}

// Hands queries on in chunks of at most kChunkBytes.
class QueryChunks {
 public:
  QueryChunks(const QueryOrder& order, const std::function<void(LeaseQueries)>& emit)
      : emit_(emit), chunk_{.lease = order.lease, .epoch = order.epoch} {}

  void Add(LeaseQuery item) {
    const std::size_t size = item.query_id.size() + item.system.size() + item.prompt.size() + 32;
    if (bytes_ + size > kChunkBytes && !chunk_.queries.empty()) {
      emit_(std::exchange(chunk_, {.lease = chunk_.lease, .epoch = chunk_.epoch}));
      bytes_ = 0;
    }
    bytes_ += size;
    chunk_.queries.push_back(std::move(item));
  }
  void Finish() {
    chunk_.last = true;
    emit_(std::move(chunk_));
  }

 private:
  const std::function<void(LeaseQueries)>& emit_;
  LeaseQueries chunk_;
  std::size_t bytes_ = 0;
};

}  // namespace

PromptForm FormOf(const SweepFile& file) {
  return {.prompt_template = file.prompt_template, .shots = file.prompt_shots};
}

void GradeBatch(const ServedSweep& sweep, const std::optional<JudgeTask>& judge,
                GradedBatch& graded) {
  graded.verdicts.clear();
  graded.verdicts.reserve(graded.batch.results.size());
  for (const Result& result : graded.batch.results) {
    graded.verdicts.push_back(judge ? GradeJudgement(*judge, result) : Grade(sweep, result));
  }
}

absl::Status LoadQueries(const ServedSweep& sweep, const QueryOrder& order,
                         const std::function<void(LeaseQueries)>& emit) {
  const PromptForm form = FormOf(sweep.file);
  const bool needs_prompt = order.pair.build.engine != "replay";
  QueryChunks chunks(order, emit);
  for (const UnitRange& range : order.units) {
    for (Unit unit = range.lo; unit < range.hi; ++unit) {
      WF_ASSIGN_OR_RETURN(const Query query, QueryOf(sweep, unit));
      LeaseQuery item{.unit = unit, .query_id = query.id};
      if (needs_prompt) {
        item.system = sweep.file.system_prompt;
        item.prompt = RenderPrompt(query, form, sweep.workload->shots());
      }
      chunks.Add(std::move(item));
    }
  }
  chunks.Finish();
  return absl::OkStatus();
}

absl::Status LoadJudgeQueries(const ServedSweep& sweep, const std::string& data_directory,
                              const QueryOrder& order,
                              const std::function<void(LeaseQueries)>& emit) {
  const JudgeTask& task = *order.judge;
  const JudgeUnits units(task);
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<SweepView> view,
                      OpenSweepView(data_directory, sweep.file.sweep));
  QueryChunks chunks(order, emit);
  for (const UnitRange& range : order.units) {
    for (Unit unit = range.lo; unit < range.hi; ++unit) {
      const JudgementAddress judgement = units.AddressOf(unit);
      WF_ASSIGN_OR_RETURN(const Query query, QueryOf(sweep, judgement.answer));
      WF_ASSIGN_OR_RETURN(const std::string packed, view->Body(task.subject, judgement.answer));
      WF_ASSIGN_OR_RETURN(const ResponseBody body, UnpackBody(packed));
      chunks.Add({.unit = unit,
                  .query_id = absl::StrCat(query.id, "#judge-", unit),
                  .system = "",
                  .prompt = RenderJudgePrompt(task, judgement, query, body.content)});
    }
  }
  chunks.Finish();
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
