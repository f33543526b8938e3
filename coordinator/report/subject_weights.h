#ifndef WF_COORDINATOR_REPORT_SUBJECT_WEIGHTS_H_
#define WF_COORDINATOR_REPORT_SUBJECT_WEIGHTS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/report/report.h"

namespace wattfleet::coordinator {

// Reads lines `subject,weight` (the subject may hold commas, or be quoted); empty lines and lines
// that begin with # are passed over, and so is a first line `subject,weight`. INVALID_ARGUMENT
// names source and line: no number, not finite, negative, a subject twice, no positive weight.
absl::StatusOr<SubjectWeights> ParseSubjectWeights(std::string_view text, std::string source);

// Checks that the report's pairs have the subjects, names those that have no weight, and fills
// their weighted coverage. INVALID_ARGUMENT for a subject that the sweep does not have.
absl::Status WeighSubjects(SubjectWeights weights, Report& report);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_SUBJECT_WEIGHTS_H_
