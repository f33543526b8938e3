#ifndef WF_COORDINATOR_GRADING_GRADER_H_
#define WF_COORDINATOR_GRADING_GRADER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "common/domain/query.h"
#include "common/domain/result.h"

namespace wattfleet::coordinator {

// Decides whether a response answers its query. Pure, deterministic, linear in the response's
// length, thread-safe. Reasoning text never counts: `content` is the answer channel alone, and
// <think> spans inside it are skipped.
class Grader {
 public:
  virtual ~Grader() = default;
  virtual std::string_view name() const = 0;
  virtual std::int32_t version() const = 0;
  virtual Verdict Grade(const Query& query, std::string_view content) const = 0;
};

// The grader of that name ("mcq", "mcq_first", "exact", "numeric", "math"); owned by the program,
// never freed. INVALID_ARGUMENT names the nearest one.
absl::StatusOr<const Grader*> FindGrader(std::string_view name);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_GRADER_H_
