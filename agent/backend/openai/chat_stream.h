#ifndef WF_AGENT_BACKEND_OPENAI_CHAT_STREAM_H_
#define WF_AGENT_BACKEND_OPENAI_CHAT_STREAM_H_

#include <string_view>

#include "agent/backend/answer_stream.h"
#include "agent/backend/openai/chat_chunk.h"
#include "agent/backend/openai/sse_parser.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Receives one chat completion, streamed as server-sent events.
class ChatStream final : public AnswerStream {
 public:
  // `parser` and `clock` outlive this; the parser may serve other streams of the same thread.
  ChatStream(ChatChunkParser& parser, const Clock& clock, Ended ended);

 private:
  bool Begins(char first) const override;
  void Take(std::string_view bytes, MonotonicTime at) override;
  void TakeRest(MonotonicTime at) override;
  void TakeEvent(std::string_view name, std::string_view data, MonotonicTime at);
  void TakeChunk(const ChatChunk& chunk, MonotonicTime at);

  ChatChunkParser& parser_;
  SseParser events_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_CHAT_STREAM_H_
