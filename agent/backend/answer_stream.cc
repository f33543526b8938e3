#include "agent/backend/answer_stream.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_format.h"

#include "agent/backend/delayed_replies.h"

namespace wattfleet::agent {

namespace {

constexpr std::size_t kWholeBytesMax = 64U << 10;

}  // namespace

AnswerStream::AnswerStream(const Clock& clock, Ended ended)
    : clock_(clock), ended_(std::move(ended)) {
  reply_.Sending(clock.MonotonicNow());  // what a request that never gets there counts from
}

void AnswerStream::OnSending(MonotonicTime at) {
  reply_.Sending(at);
}

void AnswerStream::OnHead(int status, const HttpHeaders& headers) {
  status_ = status;
  retry_after_ = RetryAfter(headers, clock_.WallNow());
  if (status != 200) {
    form_ = Form::kWhole;
  }
}

HttpFlow AnswerStream::OnBody(std::string_view bytes, MonotonicTime at) {
  if (form_ == Form::kUnknown) {
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
      return HttpFlow::kAwait;
    }
    // Some servers stream under another content type: the first byte tells better.
    form_ = Begins(bytes[first]) ? Form::kStream : Form::kWhole;
  }
  if (form_ == Form::kWhole) {
    whole_.append(bytes.substr(0, kWholeBytesMax - whole_.size()));
    return HttpFlow::kProgress;
  }
  progress_ = false;
  Take(bytes, at);
  if (finished()) {
    return HttpFlow::kEnough;
  }
  return progress_ ? HttpFlow::kProgress : HttpFlow::kAwait;
}

void AnswerStream::Fail(Failure failure, std::string message) {
  if (failure_ == Failure::kNone) {
    failure_ = failure;
    message_ = std::move(message);
  }
}

void AnswerStream::FailWith(EngineError error) {
  Fail(ClassifyEngineError(error), error.message);
  refusal_ = std::move(error);
}

void AnswerStream::OnEnd(const HttpEnd& end) {
  if (end.outcome == HttpOutcome::kCancelled) {
    ended_({.reply = CancelledReply(reply_.sent(), end.at)});
    return;
  }
  if (form_ == Form::kStream && !finished()) {
    TakeRest(end.at);
  }
  JudgeEnd(end);

  ExchangeOutcome outcome;
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

void AnswerStream::JudgeEnd(const HttpEnd& end) {
  if (finished() || reply_.has_finish()) {
    return;
  }
  if (end.outcome != HttpOutcome::kComplete) {
    Fail(ClassifyHttpEnd(end.outcome), end.message);
  } else if (form_ == Form::kWhole) {
    JudgeWhole();
  } else if (any_event_) {
    Fail(Failure::kConnection, "the engine closed the stream before the answer was complete");
  } else if (form_ == Form::kStream) {
    Fail(Failure::kProtocol, "the engine did not answer with an event stream");
  } else {
    Fail(Failure::kProtocol, "the engine answered with nothing");
  }
}

void AnswerStream::JudgeWhole() {
  EngineError error = ReadEngineError(status_, whole_);
  if (status_ != 200) {
    Fail(ClassifyEngineError(error),
         absl::StrFormat("the engine answered %d: %s", status_, error.message));
    refusal_ = std::move(error);
  } else if (error.is_html) {
    Fail(Failure::kProtocol,
         absl::StrFormat("the engine answered %s instead of an event stream", error.message));
  } else if (error.is_error_object) {
    FailWith(std::move(error));
  } else {
    Fail(Failure::kProtocol,
         absl::StrFormat("the engine did not stream its answer: %s", OneLine(whole_)));
  }
}

}  // namespace wattfleet::agent
