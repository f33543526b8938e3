#include "agent/backend/replay/replay_backend.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/status/status_macros.h"

namespace wattfleet::agent {

ReplayBackend::ReplayBackend(std::string path, ReplayPace pace, const Clock& clock)
    : path_(std::move(path)), pace_(pace), clock_(clock) {
  if (pace_ == ReplayPace::kRecorded) {
    delayed_ = std::make_unique<DelayedReplies>(clock);
  }
}

ReplayBackend::~ReplayBackend() = default;

absl::StatusOr<EngineIdentity> ReplayBackend::Identify() {
  if (recording_ == nullptr) {
    WF_ASSIGN_OR_RETURN(recording_, Recording::Share(path_));
    asked_ = std::vector<std::atomic<bool>>(recording_->answers().size());
  }
  EngineIdentity identity;
  identity.engine_kind = "replay";
  identity.model_digest = recording_->digest();
  identity.prefix_cache_controlled = true;
  identity.recorded_answers = static_cast<std::int64_t>(recording_->answers().size());
  return identity;
}

void ReplayBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  InferenceReply reply = Answer(request.query_id);
  if (delayed_ != nullptr && reply.recorded_duration_ns) {
    const std::chrono::nanoseconds delay(*reply.recorded_duration_ns);
    delayed_->DeliverAfter(delay, std::move(reply), std::move(done));
    return;
  }
  reply.done = clock_.MonotonicNow();
  done(std::move(reply));
}

void ReplayBackend::CancelAll() {
  if (delayed_ != nullptr) {
    delayed_->CancelAll();
  }
}

InferenceReply ReplayBackend::Answer(const std::string& query_id) {
  InferenceReply reply;
  reply.sent = clock_.MonotonicNow();
  reply.flags = kFlagReplayed;
  if (recording_ == nullptr) {
    reply.failure = Failure::kEngineDown;
    reply.error = absl::StrFormat("recording %s is not open", path_);
    return reply;
  }
  const std::optional<std::size_t> place = recording_->Find(query_id);
  if (!place) {
    reply.failure = Failure::kNoRecording;
    reply.error = absl::StrFormat("recording %s has no answer to query %s", path_, query_id);
    return reply;
  }
  asked_[*place].store(true, std::memory_order_relaxed);
  const RecordedAnswer& answer = recording_->answers()[*place];
  reply.finish = answer.finish;
  if (answer.finish == Finish::kLength) {
    reply.flags |= kFlagTruncated;
  }
  reply.body.content = answer.response;
  reply.body.reasoning = answer.reasoning;
  reply.input_tokens = answer.input_tokens;
  reply.output_tokens = answer.output_tokens;
  if (answer.input_tokens || answer.output_tokens) {
    reply.token_source = TokenSource::kRecorded;
  }
  reply.recorded_duration_ns = answer.duration_ns;
  reply.recorded_energy = answer.energy;
  return reply;
}

RecordingUse ReplayBackend::Use() const {
  RecordingUse use;
  if (recording_ == nullptr) {
    return use;
  }
  const std::vector<RecordedAnswer>& answers = recording_->answers();
  use.rows = static_cast<std::int64_t>(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!asked_[i].load(std::memory_order_relaxed)) {
      use.never_asked.emplace_back(answers[i].id);
    }
  }
  return use;
}

}  // namespace wattfleet::agent
