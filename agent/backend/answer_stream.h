#ifndef WF_AGENT_BACKEND_ANSWER_STREAM_H_
#define WF_AGENT_BACKEND_ANSWER_STREAM_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/backend/engine_error.h"
#include "agent/backend/inference_backend.h"
#include "agent/backend/streamed_reply.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// How one exchange ended: a reply, and with a refusal what the engine said.
struct ExchangeOutcome {
  InferenceReply reply;
  std::optional<EngineError> refusal;
};

// Receives one streamed answer: tells a stream from everything that engines send in its place, and
// judges how it ended. Deriving classes know the format of the stream.
class AnswerStream : public HttpReceiver {
 public:
  using Ended = std::function<void(ExchangeOutcome)>;

  void OnSending(MonotonicTime at) override;
  void OnHead(int status, const HttpHeaders& headers) override;
  HttpFlow OnBody(std::string_view bytes, MonotonicTime at) override;
  void OnEnd(const HttpEnd& end) override;

 protected:
  // `clock` outlives this; `ended` is called once.
  AnswerStream(const Clock& clock, Ended ended);

  // Whether an answer of status 200 that begins with `first` is a stream of this format.
  virtual bool Begins(char first) const = 0;
  virtual void Take(std::string_view bytes, MonotonicTime at) = 0;
  // No more bytes will come.
  virtual void TakeRest(MonotonicTime at) = 0;

  // For Take and TakeRest. Once finished, what follows is ignored.
  bool finished() const { return complete_ || failure_ != Failure::kNone; }
  StreamedReply& reply() { return reply_; }
  void SawEvent() { any_event_ = true; }
  void SawProgress() { progress_ = true; }
  void Complete() { complete_ = true; }
  void Refused() { refused_ = true; }
  void Fail(Failure failure, std::string message);
  void FailWith(EngineError error);

 private:
  enum class Form { kUnknown, kStream, kWhole };

  void JudgeWhole();
  void JudgeEnd(const HttpEnd& end);

  const Clock& clock_;
  const Ended ended_;
  int status_ = 0;
  std::optional<std::chrono::milliseconds> retry_after_;
  Form form_ = Form::kUnknown;
  std::string whole_;  // an answer that is no stream
  StreamedReply reply_;
  bool progress_ = false;  // in the bytes at hand
  bool any_event_ = false;
  bool complete_ = false;
  bool refused_ = false;
  Failure failure_ = Failure::kNone;
  std::string message_;
  std::optional<EngineError> refusal_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_ANSWER_STREAM_H_
