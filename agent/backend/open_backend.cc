#include "agent/backend/open_backend.h"

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "agent/backend/replay/replay_backend.h"
#include "agent/backend/synthetic/synthetic_backend.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<std::unique_ptr<InferenceBackend>> OpenBackend(const BackendOptions& options,
                                                              const Clock& clock) {
  const std::string& kind = options.build.engine;
  if (kind == "replay") {
    const ReplayPace pace =
        options.replay_at_recorded_pace ? ReplayPace::kRecorded : ReplayPace::kFastest;
    return std::make_unique<ReplayBackend>(options.build.ref, pace, clock);
  }
  if (kind == "synthetic") {
    WF_ASSIGN_OR_RETURN(SyntheticOptions synthetic, ParseSyntheticOptions(options.build.ref));
    return std::make_unique<SyntheticBackend>(std::move(synthetic), options.seed, clock);
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("no engine kind \"%s\"; there are replay and synthetic", kind));
}

}  // namespace wattfleet::agent
