#ifndef WF_AGENT_BACKEND_EXCHANGE_RUNNER_H_
#define WF_AGENT_BACKEND_EXCHANGE_RUNNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/backend/answer_stream.h"
#include "agent/backend/engine_error.h"
#include "agent/backend/inference_backend.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// How requests to one engine are worded, as learnt from its refusals. A value; grows only.
struct RequestWording {
  bool max_completion_tokens = false;  // instead of max_tokens
  std::set<std::string> dropped;       // parameters that the engine does not know
  // Prompt and output limit together exceed the context, which some engines refuse: the context
  // alone limits the answer then. Of one request, not of the engine.
  bool no_output_limit = false;
  bool operator==(const RequestWording&) const = default;
};

struct WrittenRequest {
  HttpRequest http;
  bool dropped_parameter = false;  // something that the sweep asked for is not in it
};

// What an API adds to sending requests and receiving answers. Called on any thread.
struct ExchangeApi {
  std::function<WrittenRequest(const InferenceRequest&, const RequestWording&)> write;
  // Receives one answer; made for every attempt.
  std::function<std::unique_ptr<AnswerStream>(AnswerStream::Ended)> receive;
  // What a refusal of a request worded so teaches; the same wording when it blames something else.
  std::function<RequestWording(const EngineError&, RequestWording)> learn;
  std::string secret;  // never to be seen in an error
};

// Sends requests and sends them anew, otherwise worded, when the engine refuses the wording: what
// it then refuses once is left out from then on. Thread-safe. The destructor cancels what is in
// flight and waits for it, so what `api` uses outlives this.
class ExchangeRunner {
 public:
  ExchangeRunner(ExchangeApi api, std::unique_ptr<HttpClient> http, const Clock& clock);
  ~ExchangeRunner();
  ExchangeRunner(const ExchangeRunner&) = delete;
  ExchangeRunner& operator=(const ExchangeRunner&) = delete;

  // `no_output_limit`: word the request so from the start.
  void Send(InferenceRequest request, bool no_output_limit,
            std::function<void(InferenceReply)> done);
  void CancelAll();

  HttpClient& http() { return *http_; }
  RequestWording wording() const;

 private:
  struct Exchange;  // one request, over all its wordings

  void Start(const std::shared_ptr<Exchange>& exchange);
  void Ended(const std::shared_ptr<Exchange>& exchange, ExchangeOutcome outcome);
  // Whether it pays to ask again, worded as `error` teaches.
  bool Reword(const EngineError& error, Exchange& exchange);

  const ExchangeApi api_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  RequestWording wording_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t cancels_ ABSL_GUARDED_BY(mutex_) = 0;
  const std::unique_ptr<HttpClient> http_;  // last: its thread uses the members above
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_EXCHANGE_RUNNER_H_
