#ifndef WF_TESTS_SUPPORT_SCRIPTED_BACKEND_H_
#define WF_TESTS_SUPPORT_SCRIPTED_BACKEND_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/backend/inference_backend.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::testing {

// A backend that answers as a test's function says, after as long as it says, on one runner.
class ScriptedBackend final : public agent::InferenceBackend {
 public:
  struct Answer {
    agent::InferenceReply reply;
    std::chrono::nanoseconds after{0};  // 0 = within Send
  };
  // `attempt` counts the requests for one query, from 1.
  using Script = std::function<Answer(const agent::InferenceRequest& request, int attempt)>;

  ScriptedBackend(const Clock& clock, TaskRunner& runner, Script script)
      : clock_(clock), runner_(runner), script_(std::move(script)) {}

  absl::StatusOr<agent::EngineIdentity> Identify() override { return identity; }

  void Send(agent::InferenceRequest request,
            std::function<void(agent::InferenceReply)> done) override {
    sent.push_back(request.query_id);
    Answer answer = script_(request, ++attempts_[request.query_id]);
    answer.reply.sent = clock_.MonotonicNow();
    if (answer.after.count() == 0) {
      answer.reply.done = answer.reply.sent;
      done(std::move(answer.reply));
      return;
    }
    open_[request.id] = {std::move(answer.reply), std::move(done)};
    most_in_flight = std::max(most_in_flight, open_.size());
    runner_.PostAfter(answer.after, [this, id = request.id] { Finish(id, Failure::kNone); });
  }

  void CancelAll() override {
    ++cancels;
    while (!open_.empty()) {
      Finish(open_.begin()->first, Failure::kCancelled);
    }
  }

  std::size_t in_flight() const { return open_.size(); }

  agent::EngineIdentity identity{.engine_kind = "scripted"};
  std::vector<std::string> sent;  // query ids, in order
  std::size_t most_in_flight = 0;
  int cancels = 0;

 private:
  struct Open {
    agent::InferenceReply reply;
    std::function<void(agent::InferenceReply)> done;
  };
  void Finish(std::uint64_t id, Failure failure) {
    auto node = open_.extract(id);
    if (node.empty()) {
      return;
    }
    Open& open = node.mapped();
    open.reply.done = clock_.MonotonicNow();
    if (failure != Failure::kNone) {
      open.reply.failure = failure;
    }
    open.done(std::move(open.reply));
  }

  const Clock& clock_;
  TaskRunner& runner_;
  Script script_;
  std::map<std::uint64_t, Open> open_;
  std::map<std::string, int> attempts_;
};

// An answer with this text, streamed from a quarter of its time on.
inline ScriptedBackend::Answer Says(std::string text,
                                    std::chrono::nanoseconds after = std::chrono::seconds(1)) {
  ScriptedBackend::Answer answer{.after = after};
  answer.reply.body.content = std::move(text);
  answer.reply.body.chunks = {{.since_sent_ns = after.count() / 4},
                              {.since_sent_ns = after.count()}};
  answer.reply.finish = Finish::kStop;
  return answer;
}

inline ScriptedBackend::Answer Fails(Failure failure,
                                     std::chrono::nanoseconds after = std::chrono::seconds(1)) {
  ScriptedBackend::Answer answer{.after = after};
  answer.reply.failure = failure;
  answer.reply.error = "scripted";
  return answer;
}

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SCRIPTED_BACKEND_H_
