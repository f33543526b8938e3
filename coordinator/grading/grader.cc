#include "coordinator/grading/grader.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "coordinator/grading/exact.h"
#include "coordinator/grading/math.h"
#include "coordinator/grading/mcq.h"
#include "coordinator/grading/numeric.h"

namespace wattfleet::coordinator {

absl::StatusOr<const Grader*> FindGrader(std::string_view name) {
  static const McqGrader mcq;
  static const McqGrader mcq_first(SeveralNamed::kTakeFirst);
  static const ExactGrader exact;
  static const NumericGrader numeric;
  static const MathGrader math;
  static const std::vector<const Grader*> graders = {&mcq, &mcq_first, &exact, &numeric, &math};
  std::vector<std::string> names;
  for (const Grader* grader : graders) {
    if (grader->name() == name) {
      return grader;
    }
    names.emplace_back(grader->name());
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("unknown grader \"%s\"; %s", name, NearestText(name, names)));
}

}  // namespace wattfleet::coordinator
