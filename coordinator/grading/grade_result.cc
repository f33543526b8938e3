#include "coordinator/grading/grade_result.h"

#include "absl/status/statusor.h"

#include "common/wire/body.h"
#include "coordinator/grading/verdicts.h"

namespace wattfleet::coordinator {

std::string_view ReasonWithoutAnswer(ResultStatus status, Failure failure) {
  if (status == ResultStatus::kTimeout) {
    return "timeout";
  }
  if (failure == Failure::kContextOverflow) {
    return "context_overflow";
  }
  return failure == Failure::kRefused ? "refused" : "";
}

std::optional<Verdict> GradeResult(const Grader& grader, const Query& query, ResultStatus status,
                                   Failure failure, std::string_view body_zstd) {
  if (status == ResultStatus::kFailed) {
    return std::nullopt;
  }
  if (const std::string_view reason = ReasonWithoutAnswer(status, failure); !reason.empty()) {
    return NoAnswer(grader, reason);
  }
  const absl::StatusOr<ResponseBody> body = UnpackBody(body_zstd);
  return body.ok() ? grader.Grade(query, body->content) : NoAnswer(grader, "unreadable_body");
}

}  // namespace wattfleet::coordinator
