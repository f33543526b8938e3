#include "agent/drive/reply_judgement.h"

namespace wattfleet::agent {

Judgement JudgeReply(const InferenceReply& reply, bool silence_is_final) {
  switch (reply.failure) {
    case Failure::kNone:
    case Failure::kNoRecording:
    case Failure::kContextOverflow:
    case Failure::kRefused:
    case Failure::kInvalidRequest:
      return Judgement::kResult;
    case Failure::kTimedOut:
      return reply.ttft_ns || silence_is_final ? Judgement::kResult : Judgement::kEngineSuspect;
    case Failure::kServer:
    case Failure::kProtocol:
      return Judgement::kRetry;
    case Failure::kConnection:
    case Failure::kEngineDown:
      return Judgement::kEngineSuspect;
    case Failure::kRateLimited:
      return Judgement::kRateLimited;
    case Failure::kQuota:
    case Failure::kAuthentication:
      return Judgement::kBlocked;
    case Failure::kCancelled:
      return Judgement::kCancelled;
  }
  return Judgement::kRetry;
}

ResultStatus StatusOfResult(Failure failure) {
  switch (failure) {
    case Failure::kTimedOut:
      return ResultStatus::kTimeout;
    case Failure::kNoRecording:
    case Failure::kInvalidRequest:
      return ResultStatus::kFailed;
    case Failure::kNone:
    case Failure::kContextOverflow:
    case Failure::kRefused:
    case Failure::kConnection:
    case Failure::kServer:
    case Failure::kRateLimited:
    case Failure::kQuota:
    case Failure::kAuthentication:
    case Failure::kProtocol:
    case Failure::kCancelled:
    case Failure::kEngineDown:
      break;
  }
  return ResultStatus::kCompleted;
}

const char* FailureWords(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "answered";
    case Failure::kNoRecording:
      return "no recording";
    case Failure::kContextOverflow:
      return "prompt longer than the context";
    case Failure::kRefused:
      return "refused by a content filter";
    case Failure::kInvalidRequest:
      return "invalid request";
    case Failure::kConnection:
      return "connection lost";
    case Failure::kServer:
      return "engine error";
    case Failure::kRateLimited:
      return "rate limited";
    case Failure::kQuota:
      return "quota exhausted";
    case Failure::kAuthentication:
      return "authentication refused";
    case Failure::kProtocol:
      return "the engine's answer makes no sense";
    case Failure::kTimedOut:
      return "timed out";
    case Failure::kCancelled:
      return "cancelled";
    case Failure::kEngineDown:
      return "engine down";
  }
  return "failed";
}

}  // namespace wattfleet::agent
