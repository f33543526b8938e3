#ifndef WF_AGENT_BACKEND_SYNTHETIC_SYNTHETIC_BACKEND_H_
#define WF_AGENT_BACKEND_SYNTHETIC_SYNTHETIC_BACKEND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "agent/backend/delayed_replies.h"
#include "agent/backend/inference_backend.h"
#include "agent/backend/synthetic/synthetic_options.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Made-up answers for tests; every reply carries flag SYNTHETIC. What a query gets depends on the
// seed and its id alone, so that order and agent do not matter; whether it fails depends on the
// request's id too, so that a retry can succeed.
class SyntheticBackend final : public InferenceBackend {
 public:
  // `clock` outlives this.
  SyntheticBackend(SyntheticOptions options, std::uint64_t seed, const Clock& clock);

  absl::StatusOr<EngineIdentity> Identify() override;
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override;
  void CancelAll() override;
  bool NeedsPrompts() const override { return false; }

 private:
  const SyntheticOptions options_;
  const std::uint64_t seed_;
  const Clock& clock_;
  std::unique_ptr<DelayedReplies> delayed_;  // unless latency is 0
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_SYNTHETIC_SYNTHETIC_BACKEND_H_
