#ifndef WF_COORDINATOR_GRADING_JUDGE_PROMPT_H_
#define WF_COORDINATOR_GRADING_JUDGE_PROMPT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/domain/judge_task.h"
#include "common/domain/query.h"

namespace wattfleet::coordinator {

// Raised with every change of the prompts or of how replies are read.
inline constexpr std::int32_t kJudgeVersion = 1;

// An answer or reference beyond this is cut for the judge, and the prompt says so.
inline constexpr std::size_t kJudgedTextBytesMax = std::size_t{64} << 10;

// In whose name a judge's verdicts are: "judge-reference@3f2a9c1b0d4e/gpt-4o",
// "judge-pairwise-or@.../gpt-4o". The hash is of the prompts' text (SHA-256, 12 digits).
std::string JudgeGraderName(JudgeProtocol protocol, JudgeRule rule, std::string_view model);

// What the judge is sent about one answer: the question, the reference (answer) and what the model
// said, its reasoning left out. `attempt` above 0 reminds it that a verdict was missing. Pure.
std::string RenderJudgePrompt(const JudgeTask& task, const JudgementAddress& judgement,
                              const Query& query, std::string_view content);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_GRADING_JUDGE_PROMPT_H_
