#ifndef WF_AGENT_BACKEND_OPENAI_CHAT_STREAM_H_
#define WF_AGENT_BACKEND_OPENAI_CHAT_STREAM_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/backend/engine_error.h"
#include "agent/backend/inference_backend.h"
#include "agent/backend/openai/chat_chunk.h"
#include "agent/backend/openai/sse_parser.h"
#include "agent/backend/streamed_reply.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// How one exchange ended: a reply, and with a refusal what the engine said.
struct ChatOutcome {
  InferenceReply reply;
  std::optional<EngineError> refusal;
};

// Receives one streamed chat completion.
class ChatStream final : public HttpReceiver {
 public:
  using Ended = std::function<void(ChatOutcome)>;

  // `parser` and `clock` outlive this; the parser may serve other streams of the same thread.
  ChatStream(ChatChunkParser& parser, const Clock& clock, Ended ended);

  void OnSending(MonotonicTime at) override;
  void OnHead(int status, const HttpHeaders& headers) override;
  HttpFlow OnBody(std::string_view bytes, MonotonicTime at) override;
  void OnEnd(const HttpEnd& end) override;

 private:
  enum class Form { kUnknown, kEvents, kWhole };

  HttpFlow TakeEvents(std::string_view bytes, MonotonicTime at);
  void TakeEvent(std::string_view name, std::string_view data, MonotonicTime at);
  void TakeChunk(const ChatChunk& chunk, MonotonicTime at);
  void Fail(Failure failure, std::string message);
  void JudgeWhole();
  void JudgeEnd(const HttpEnd& end);

  ChatChunkParser& parser_;
  const Clock& clock_;
  const Ended ended_;
  int status_ = 0;
  std::optional<std::chrono::milliseconds> retry_after_;
  Form form_ = Form::kUnknown;
  std::string whole_;  // an answer that is no event stream
  SseParser events_;
  StreamedReply reply_;
  bool progress_ = false;  // in the bytes at hand
  bool any_event_ = false;
  bool done_ = false;  // [DONE]
  bool refused_ = false;
  Failure failure_ = Failure::kNone;
  std::string message_;
  std::optional<EngineError> refusal_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_CHAT_STREAM_H_
