#include "agent/backend/openai/chat_stream.h"

#include <utility>

#include "absl/strings/str_format.h"

#include "agent/backend/delayed_replies.h"

namespace wattfleet::agent {

namespace {

constexpr std::size_t kWholeBytesMax = 64U << 10;

}  // namespace

ChatStream::ChatStream(ChatChunkParser& parser, const Clock& clock, Ended ended)
    : parser_(parser), clock_(clock), ended_(std::move(ended)) {
  reply_.Sending(clock.MonotonicNow());  // what a request that never gets there counts from
}

void ChatStream::OnSending(MonotonicTime at) {
  reply_.Sending(at);
}

void ChatStream::OnHead(int status, const HttpHeaders& headers) {
  status_ = status;
  retry_after_ = RetryAfter(headers, clock_.WallNow());
  if (status != 200) {
    form_ = Form::kWhole;
  }
}

HttpFlow ChatStream::OnBody(std::string_view bytes, MonotonicTime at) {
  if (form_ == Form::kUnknown) {
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
      return HttpFlow::kAwait;
    }
    // Some servers stream events under another content type: the first byte tells better.
    const bool whole = bytes[first] == '{' || bytes[first] == '[' || bytes[first] == '<';
    form_ = whole ? Form::kWhole : Form::kEvents;
  }
  if (form_ == Form::kEvents) {
    return TakeEvents(bytes, at);
  }
  whole_.append(bytes.substr(0, kWholeBytesMax - whole_.size()));
  return HttpFlow::kProgress;
}

HttpFlow ChatStream::TakeEvents(std::string_view bytes, MonotonicTime at) {
  progress_ = false;
  const bool fits = events_.Feed(
      bytes, [&](std::string_view name, std::string_view data) { TakeEvent(name, data, at); });
  if (!fits) {
    Fail(Failure::kProtocol, "the engine sent an event that is larger than allowed");
  }
  if (done_ || failure_ != Failure::kNone) {
    return HttpFlow::kEnough;
  }
  return progress_ ? HttpFlow::kProgress : HttpFlow::kAwait;
}

void ChatStream::TakeEvent(std::string_view name, std::string_view data, MonotonicTime at) {
  if (done_ || failure_ != Failure::kNone) {
    return;
  }
  any_event_ = true;
  if (data == "[DONE]") {
    done_ = true;
    return;
  }
  const absl::StatusOr<ChatChunk> chunk = parser_.Parse(data);
  if (name == "error" || (chunk.ok() && chunk->is_error)) {
    refusal_ = ReadEngineError(200, data);
    Fail(ClassifyEngineError(*refusal_), refusal_->message);
  } else if (!chunk.ok()) {
    Fail(Failure::kProtocol, absl::StrFormat("the engine sent an event that is %s: %s",
                                             chunk.status().message(), OneLine(data)));
  } else {
    TakeChunk(*chunk, at);
  }
}

void ChatStream::TakeChunk(const ChatChunk& chunk, MonotonicTime at) {
  reply_.AddReasoning(chunk.reasoning, at);
  reply_.AddContent(chunk.content, at);
  reply_.AddContent(chunk.refusal, at);
  reply_.SetTokens(chunk.tokens);
  refused_ = refused_ || !chunk.refusal.empty();
  if (!chunk.finish_reason.empty()) {
    reply_.SetFinish(chunk.finish_reason, at);
  }
  progress_ = progress_ || chunk.has_tool_calls || !chunk.finish_reason.empty() ||
              !chunk.reasoning.empty() || !chunk.content.empty() || !chunk.refusal.empty();
}

void ChatStream::Fail(Failure failure, std::string message) {
  if (failure_ == Failure::kNone) {
    failure_ = failure;
    message_ = std::move(message);
  }
}

void ChatStream::OnEnd(const HttpEnd& end) {
  if (end.outcome == HttpOutcome::kCancelled) {
    ended_({.reply = CancelledReply(reply_.sent(), end.at)});
    return;
  }
  if (form_ == Form::kEvents) {
    events_.Finish(
        [&](std::string_view name, std::string_view data) { TakeEvent(name, data, end.at); });
  }
  JudgeEnd(end);

  ChatOutcome outcome;
  outcome.reply = reply_.Take(end.at);
  if (failure_ == Failure::kNone && (refused_ || outcome.reply.finish == Finish::kFiltered)) {
    Fail(Failure::kRefused, "the engine refused to answer");
  }
  outcome.reply.failure = failure_;
  outcome.reply.error = message_;
  if (failure_ == Failure::kRateLimited) {
    outcome.reply.retry_after = retry_after_;
  }
  if (failure_ != Failure::kNone && failure_ != Failure::kRefused) {
    outcome.reply.done = end.at;
  }
  outcome.refusal = std::move(refusal_);
  ended_(std::move(outcome));
}

void ChatStream::JudgeEnd(const HttpEnd& end) {
  const bool answered = done_ || reply_.has_finish();
  if (failure_ != Failure::kNone || answered) {
    return;
  }
  if (end.outcome != HttpOutcome::kComplete) {
    Fail(ClassifyHttpEnd(end.outcome), end.message);
  } else if (form_ == Form::kWhole) {
    JudgeWhole();
  } else if (status_ == 200 && any_event_) {
    Fail(Failure::kConnection, "the engine closed the stream before the answer was complete");
  } else if (form_ == Form::kEvents) {
    Fail(Failure::kProtocol, "the engine did not answer with an event stream");
  } else {
    Fail(Failure::kProtocol, "the engine answered with nothing");
  }
}

void ChatStream::JudgeWhole() {
  EngineError error = ReadEngineError(status_, whole_);
  if (status_ != 200) {
    Fail(ClassifyEngineError(error),
         absl::StrFormat("the engine answered %d: %s", status_, error.message));
    refusal_ = std::move(error);
  } else if (error.is_html) {
    Fail(Failure::kProtocol,
         absl::StrFormat("the engine answered %s instead of an event stream", error.message));
  } else if (const absl::StatusOr<ChatChunk> chunk = parser_.Parse(whole_);
             chunk.ok() && chunk->is_error) {
    Fail(ClassifyEngineError(error), error.message);
    refusal_ = std::move(error);
  } else {
    Fail(Failure::kProtocol,
         absl::StrFormat("the engine did not stream its answer: %s", OneLine(whole_)));
  }
}

}  // namespace wattfleet::agent
