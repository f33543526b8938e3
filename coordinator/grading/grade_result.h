#ifndef WF_COORDINATOR_GRADING_GRADE_RESULT_H_
#define WF_COORDINATOR_GRADING_GRADE_RESULT_H_

#include <optional>
#include <string_view>

#include "common/domain/query.h"
#include "common/domain/result.h"
#include "coordinator/grading/grader.h"

namespace wattfleet::coordinator {

// Why a result holds no answer whatever its text says: over its time, refused, or beyond the
// context; empty otherwise.
std::string_view ReasonWithoutAnswer(ResultStatus status, Failure failure);

// The verdict of `grader` on a stored result, whose compressed body is `body_zstd`. Absent for one
// that failed for good: it stays pending. Pure; thread-safe.
std::optional<Verdict> GradeResult(const Grader& grader, const Query& query, ResultStatus status,
                                   Failure failure, std::string_view body_zstd);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_GRADE_RESULT_H_
