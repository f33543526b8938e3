#include "coordinator/report/names.h"

namespace wattfleet::coordinator {

std::string_view SweepStateName(SweepState state) {
  switch (state) {
    case SweepState::kPending:
      return "pending";
    case SweepState::kRunning:
      return "running";
    case SweepState::kPaused:
      return "paused";
    case SweepState::kBlocked:
      return "blocked";
    case SweepState::kCancelled:
      return "cancelled";
    case SweepState::kComplete:
      return "complete";
    case SweepState::kCompleteWithGaps:
      return "complete_with_gaps";
  }
  return "unknown";
}

std::string_view PairStateName(PairState state) {
  switch (state) {
    case PairState::kOpen:
      return "open";
    case PairState::kPaused:
      return "paused";
    case PairState::kBlocked:
      return "blocked";
    case PairState::kCancelled:
      return "cancelled";
    case PairState::kComplete:
      return "complete";
    case PairState::kCompleteWithGaps:
      return "complete_with_gaps";
  }
  return "unknown";
}

std::string_view LocationName(Location location) {
  switch (location) {
    case Location::kLocal:
      return "local";
    case Location::kCloud:
      return "cloud";
  }
  return "unknown";
}

std::string_view EnergyStatusName(EnergyVerdict verdict) {
  switch (verdict) {
    case EnergyVerdict::kMeasured:
      return "measured";
    case EnergyVerdict::kInsufficient:
      return "insufficient";
    case EnergyVerdict::kUnmeasurable:
      return "unmeasurable";
    case EnergyVerdict::kModelled:
      return "modelled";
    case EnergyVerdict::kImported:
      return "imported";
  }
  return "unknown";
}

std::string_view MatchName(WeightsMatch match) {
  switch (match) {
    case WeightsMatch::kSameWeights:
      return "same_weights";
    case WeightsMatch::kSameQuantizationClass:
      return "same_quantization_class";
    case WeightsMatch::kSameBaseModel:
      return "same_base_model";
  }
  return "unknown";
}

std::string_view FailureName(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "NO_REASON_GIVEN";
    case Failure::kNoRecording:
      return "NO_RECORDING";
    case Failure::kContextOverflow:
      return "CONTEXT_OVERFLOW";
    case Failure::kRefused:
      return "REFUSED";
    case Failure::kInvalidRequest:
      return "INVALID_REQUEST";
    case Failure::kConnection:
      return "CONNECTION";
    case Failure::kServer:
      return "SERVER";
    case Failure::kRateLimited:
      return "RATE_LIMITED";
    case Failure::kQuota:
      return "QUOTA";
    case Failure::kAuthentication:
      return "AUTHENTICATION";
    case Failure::kProtocol:
      return "PROTOCOL";
    case Failure::kTimedOut:
      return "TIMED_OUT";
    case Failure::kCancelled:
      return "CANCELLED";
    case Failure::kEngineDown:
      return "ENGINE_DOWN";
  }
  return "UNKNOWN";
}

}  // namespace wattfleet::coordinator
