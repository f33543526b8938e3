#ifndef WF_COORDINATOR_GRADING_JUDGE_REPLY_H_
#define WF_COORDINATOR_GRADING_JUDGE_REPLY_H_

#include <string_view>

#include "common/domain/judge_task.h"
#include "common/domain/result.h"

namespace wattfleet::coordinator {

// Why a judge's reply decides nothing: Verdict::reason, counted by name in reports.
inline constexpr std::string_view kNoVerdict = "no verdict in the judge's reply";
inline constexpr std::string_view kVerdictCutOff = "the judge's reply was cut before a verdict";

// What a judge's reply says of the answer: correct (TRUE; or the answer wins or ties), wrong, or
// no_answer with the reason when the reply holds no verdict. `extracted` is what was read: TRUE,
// FALSE, A>B ... as the judge wrote it. The last verdict of a reply counts; reasoning does not.
// Pure, linear, thread-safe.
Verdict ReadJudgeReply(const JudgeTask& task, const JudgementAddress& judgement,
                       std::string_view content);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_JUDGE_REPLY_H_
