#ifndef WF_AGENT_DRIVE_REPLY_JUDGEMENT_H_
#define WF_AGENT_DRIVE_REPLY_JUDGEMENT_H_

#include <cstddef>

#include "agent/backend/inference_backend.h"
#include "common/domain/result.h"

namespace wattfleet::agent {

// What a driver does about a reply.
enum class Judgement {
  kResult,         // ends the unit: answered, timed out, or can never be answered
  kRetry,          // an error of the moment: try the unit again after a pause
  kRateLimited,    // the engine asks for patience: wait, which counts against nobody
  kEngineSuspect,  // the engine died or hangs: have it checked before going on
  kBlocked,        // quota or authentication: no request can work
  kCancelled,      // ended by us
};

// A time-out without a single token is what a hung engine looks like, so the first one is
// suspicious; once the engine has been checked (`silence_is_final`) it is the unit's own.
Judgement JudgeReply(const InferenceReply& reply, bool silence_is_final);

// Of a reply that is judged kResult.
ResultStatus StatusOfResult(Failure failure);

// Of what an engine says of itself: thousands of failures must fit one message.
inline constexpr std::size_t kErrorBytesMax = 160;

// For messages to people: "engine error", "rate limited".
const char* FailureWords(Failure failure);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_REPLY_JUDGEMENT_H_
