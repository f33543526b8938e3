#ifndef WF_AGENT_BACKEND_REPLAY_RECORDED_ANSWER_JSON_H_
#define WF_AGENT_BACKEND_REPLAY_RECORDED_ANSWER_JSON_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "agent/backend/replay/recording.h"

namespace wattfleet::agent {

// Reads rows of a recording one after the other, reusing its memory. Confined to one thread.
class RecordedAnswerParser {
 public:
  RecordedAnswerParser();
  ~RecordedAnswerParser();

  // The views of the answer are valid until the next call. INVALID_ARGUMENT names the field and
  // what it should be.
  absl::StatusOr<RecordedAnswer> Parse(std::string_view row);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_REPLAY_RECORDED_ANSWER_JSON_H_
