#include "agent/backend/exchange_runner.h"

#include <utility>

#include "agent/backend/delayed_replies.h"

namespace wattfleet::agent {

struct ExchangeRunner::Exchange {
  InferenceRequest request;
  std::function<void(InferenceReply)> done;
  RequestWording wording;
  bool dropped_parameter = false;
  std::uint64_t cancels = 0;  // when it was sent
};

ExchangeRunner::ExchangeRunner(ExchangeApi api, std::unique_ptr<HttpClient> http,
                               const Clock& clock)
    : api_(std::move(api)), clock_(clock), http_(std::move(http)) {}

ExchangeRunner::~ExchangeRunner() {
  CancelAll();
}

void ExchangeRunner::Send(InferenceRequest request, bool no_output_limit,
                          std::function<void(InferenceReply)> done) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  {
    absl::MutexLock lock(&mutex_);
    exchange->cancels = cancels_;
    exchange->wording = wording_;
  }
  exchange->wording.no_output_limit = no_output_limit;
  Start(exchange);
}

void ExchangeRunner::Start(const std::shared_ptr<Exchange>& exchange) {
  WrittenRequest written = api_.write(exchange->request, exchange->wording);
  exchange->dropped_parameter = written.dropped_parameter;
  const Timeouts& limits = exchange->request.timeouts;
  written.http.timeouts = {.connect = limits.connect,
                           .first = limits.first_token,
                           .idle = limits.idle,
                           .total = limits.query};
  auto stream = api_.receive(
      [this, exchange](ExchangeOutcome outcome) { Ended(exchange, std::move(outcome)); });
  {
    // Under the lock, so that no cancellation comes between the look and the start.
    absl::MutexLock lock(&mutex_);
    if (cancels_ == exchange->cancels) {
      http_->Start(std::move(written.http), std::move(stream));
      return;
    }
  }
  const MonotonicTime now = clock_.MonotonicNow();
  exchange->done(CancelledReply(now, now));
}

void ExchangeRunner::Ended(const std::shared_ptr<Exchange>& exchange, ExchangeOutcome outcome) {
  if (outcome.refusal && Reword(*outcome.refusal, *exchange)) {
    Start(exchange);
    return;
  }
  InferenceReply& reply = outcome.reply;
  if (exchange->dropped_parameter) {
    reply.flags |= kFlagParameterDropped;
  }
  reply.error = Redacted(std::move(reply.error), api_.secret);
  exchange->done(std::move(reply));
}

bool ExchangeRunner::Reword(const EngineError& error, Exchange& exchange) {
  RequestWording learnt = api_.learn(error, exchange.wording);
  if (learnt == exchange.wording) {
    return false;
  }
  exchange.wording = learnt;
  absl::MutexLock lock(&mutex_);
  wording_.max_completion_tokens = wording_.max_completion_tokens || learnt.max_completion_tokens;
  wording_.dropped.merge(learnt.dropped);
  return true;
}

void ExchangeRunner::CancelAll() {
  absl::MutexLock lock(&mutex_);
  ++cancels_;
  http_->CancelAll();
}

RequestWording ExchangeRunner::wording() const {
  absl::MutexLock lock(&mutex_);
  return wording_;
}

}  // namespace wattfleet::agent
