#ifndef WF_AGENT_BACKEND_REPLAY_REPLAY_BACKEND_H_
#define WF_AGENT_BACKEND_REPLAY_REPLAY_BACKEND_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/backend/delayed_replies.h"
#include "agent/backend/inference_backend.h"
#include "agent/backend/replay/recording.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

enum class ReplayPace {
  kFastest,   // answers inside Send
  kRecorded,  // answers after the recorded duration; rows without one at once
};

// How much of a recording has been asked for.
struct RecordingUse {
  std::int64_t rows = 0;
  std::vector<std::string> never_asked;  // ids, in the file's order
};

// Answers by query id from a recorded file. Replies carry flag REPLAYED, and what the recording
// says of time and energy in the recorded_* fields: neither is ever shown as measured here.
class ReplayBackend final : public InferenceBackend {
 public:
  // `path` is opened by Identify; `clock` outlives this.
  ReplayBackend(std::string path, ReplayPace pace, const Clock& clock);
  ~ReplayBackend() override;

  // NOT_FOUND: no such file; INVALID_ARGUMENT: FILE:LINE and what is wrong there.
  absl::StatusOr<EngineIdentity> Identify() override;
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override;
  void CancelAll() override;
  bool NeedsPrompts() const override { return false; }

  // Since this backend was opened. Thread-safe once Identify has succeeded.
  RecordingUse Use() const;

 private:
  InferenceReply Answer(const std::string& query_id);

  const std::string path_;
  const ReplayPace pace_;
  const Clock& clock_;
  std::shared_ptr<const Recording> recording_;  // shared by all backends of one file
  std::vector<std::atomic<bool>> asked_;        // by place in the recording
  std::unique_ptr<DelayedReplies> delayed_;     // kRecorded only
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_REPLAY_REPLAY_BACKEND_H_
