#ifndef WF_AGENT_BACKEND_OPENAI_CHAT_CHUNK_H_
#define WF_AGENT_BACKEND_OPENAI_CHAT_CHUNK_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "agent/backend/streamed_reply.h"

namespace wattfleet::agent {

// One event of a chat completion stream. Views are valid until the next Parse.
struct ChatChunk {
  std::string_view content;    // delta.content, as text or as parts
  std::string_view reasoning;  // delta.reasoning_content, delta.reasoning, or parts of thinking
  std::string_view refusal;    // delta.refusal
  std::string_view finish_reason;
  bool has_tool_calls = false;
  bool is_error = false;  // an error object instead of a choice
  TokenCounts tokens;     // from usage, or from llama-server's timings
  EngineDurations durations;
};

// Confined to one thread; keeps its memory from one chunk to the next.
class ChatChunkParser {
 public:
  ChatChunkParser();
  ~ChatChunkParser();

  // INVALID_ARGUMENT: not a JSON object.
  absl::StatusOr<ChatChunk> Parse(std::string_view data);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_CHAT_CHUNK_H_
