#include "agent/backend/openai/chat_stream.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace wattfleet::agent {

ChatStream::ChatStream(ChatChunkParser& parser, const Clock& clock, Ended ended)
    : AnswerStream(clock, std::move(ended)), parser_(parser) {}

bool ChatStream::Begins(char first) const {
  return first != '{' && first != '[' && first != '<';
}

void ChatStream::Take(std::string_view bytes, MonotonicTime at) {
  const bool fits = events_.Feed(
      bytes, [&](std::string_view name, std::string_view data) { TakeEvent(name, data, at); });
  if (!fits) {
    Fail(Failure::kProtocol, "the engine sent an event that is larger than allowed");
  }
}

void ChatStream::TakeRest(MonotonicTime at) {
  events_.Finish([&](std::string_view name, std::string_view data) { TakeEvent(name, data, at); });
}

void ChatStream::TakeEvent(std::string_view name, std::string_view data, MonotonicTime at) {
  if (finished()) {
    return;
  }
  SawEvent();
  if (data == "[DONE]") {
    Complete();
    return;
  }
  const absl::StatusOr<ChatChunk> chunk = parser_.Parse(data);
  if (name == "error" || (chunk.ok() && chunk->is_error)) {
    FailWith(ReadEngineError(200, data));
  } else if (!chunk.ok()) {
    Fail(Failure::kProtocol, absl::StrFormat("the engine sent an event that is %s: %s",
                                             chunk.status().message(), OneLine(data)));
  } else {
    TakeChunk(*chunk, at);
  }
}

void ChatStream::TakeChunk(const ChatChunk& chunk, MonotonicTime at) {
  reply().AddReasoning(chunk.reasoning, at);
  reply().AddContent(chunk.content, at);
  reply().AddContent(chunk.refusal, at);
  reply().SetTokens(chunk.tokens);
  if (chunk.durations != EngineDurations()) {
    reply().SetDurations(chunk.durations);
  }
  if (!chunk.refusal.empty()) {
    Refused();
  }
  if (!chunk.finish_reason.empty()) {
    reply().SetFinish(chunk.finish_reason, at);
  }
  if (chunk.has_tool_calls || !chunk.finish_reason.empty() || !chunk.reasoning.empty() ||
      !chunk.content.empty() || !chunk.refusal.empty()) {
    SawProgress();
  }
}

}  // namespace wattfleet::agent
