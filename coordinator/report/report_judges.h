#ifndef WF_COORDINATOR_REPORT_REPORT_JUDGES_H_
#define WF_COORDINATOR_REPORT_REPORT_JUDGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/report/pair_reader.h"
#include "coordinator/report/report.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// What each judge pair of the sweep said and took. Their tokens, cost and energy stand here and in
// no other figure. Holds one verdict per judgement of one pair at a time.
absl::StatusOr<std::vector<ReportedJudge>> ReportJudges(SweepView& view, const PairReader& reader,
                                                        const std::vector<LedgerRow>& ledger);

// MIXED_JUDGES where pairs of one sweep were judged by different judges, which is never so within
// one pair.
std::vector<Mismatch> FindMixedJudges(const std::vector<ReportedJudge>& judges);

// SAME_FAMILY for each judge of the candidate's own family (metrics.md, "Judges"). The reference's
// author is not known here.
std::vector<Mismatch> FindSameFamily(const std::vector<ReportedJudge>& judges);

// The letters that a model's name begins with, lower case, its publisher left out: "qwen" of
// "Qwen/Qwen2.5-7B".
std::string FamilyOf(std::string_view model);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_REPORT_REPORT_JUDGES_H_
