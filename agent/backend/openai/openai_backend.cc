#include "agent/backend/openai/openai_backend.h"

#include <set>
#include <utility>
#include <vector>

#include "agent/backend/delayed_replies.h"
#include "agent/backend/engine_error.h"
#include "agent/backend/openai/engine_probe.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

struct OpenAiBackend::Exchange {
  InferenceRequest request;
  std::function<void(InferenceReply)> done;
  ChatWording wording;
  bool dropped_parameter = false;
  std::uint64_t cancels = 0;  // when it was sent
};

OpenAiBackend::OpenAiBackend(OpenAiOptions options, std::unique_ptr<HttpClient> http,
                             const Clock& clock)
    : options_(std::move(options)), clock_(clock), model_(options_.ref), http_(std::move(http)) {}

OpenAiBackend::~OpenAiBackend() {
  CancelAll();
}

absl::StatusOr<EngineIdentity> OpenAiBackend::Identify() {
  const OpenAiEndpoint endpoint = OpenAiEndpoint::Of(options_.base_url, options_.api_key);
  EngineIdentity identity;
  identity.engine_kind = options_.engine_kind;
  identity.quantization = options_.quantization;
  absl::StatusOr<std::optional<std::vector<ServedModel>>> models = ListModels(*http_, endpoint);
  if (!models.ok()) {
    return absl::Status(models.status().code(),
                        Redacted(std::string(models.status().message()), options_.api_key));
  }
  ServedModel model{.id = options_.ref};
  if (*models) {
    WF_ASSIGN_OR_RETURN(model, ChooseModel(**models, options_.ref));
  }
  const EngineFacts facts = ProbeEngine(*http_, endpoint, options_.dialect, model.id);
  identity.model_digest = model.digest;
  identity.engine_version = facts.version;
  if (identity.quantization.empty()) {
    identity.quantization = facts.quantization;
  }
  identity.context_tokens = facts.context_tokens ? facts.context_tokens : model.context_tokens;
  absl::MutexLock lock(&mutex_);
  model_ = model.id;
  context_tokens_ = identity.context_tokens;
  const std::set<std::string> dropped = DroppedParameters(wording_);
  identity.dropped_parameters.assign(dropped.begin(), dropped.end());
  identity.prefix_cache_controlled =
      options_.dialect == OpenAiDialect::kLlamaServer && !wording_.dropped.contains("cache_prompt");
  return identity;
}

void OpenAiBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  {
    absl::MutexLock lock(&mutex_);
    exchange->cancels = cancels_;
    exchange->wording = wording_;
    exchange->wording.no_output_limit =
        context_tokens_ && exchange->request.generation.max_output_tokens >= *context_tokens_;
  }
  Start(std::move(exchange));
}

void OpenAiBackend::Start(std::shared_ptr<Exchange> exchange) {
  const OpenAiEndpoint endpoint = OpenAiEndpoint::Of(options_.base_url, options_.api_key);
  const Timeouts& limits = exchange->request.timeouts;
  HttpRequest http;
  http.method = "POST";
  http.url = endpoint.api + "/chat/completions";
  http.headers = endpoint.Headers();
  http.headers.emplace_back("Content-Type", "application/json");
  http.timeouts = {.connect = limits.connect,
                   .first = limits.first_token,
                   .idle = limits.idle,
                   .total = limits.query};
  std::string model;
  {
    absl::MutexLock lock(&mutex_);
    model = model_;
  }
  ChatRequestText text =
      WriteChatRequest(exchange->request, model, options_.dialect, exchange->wording);
  exchange->dropped_parameter = text.dropped_parameter;
  http.body = std::move(text.body);
  auto stream = std::make_unique<ChatStream>(
      parser_, clock_,
      [this, exchange](ChatOutcome outcome) { Ended(exchange, std::move(outcome)); });
  // Under the lock, so that no cancellation comes between the look and the start.
  absl::ReleasableMutexLock lock(&mutex_);
  if (cancels_ == exchange->cancels) {
    http_->Start(std::move(http), std::move(stream));
    return;
  }
  lock.Release();
  const MonotonicTime now = clock_.MonotonicNow();
  exchange->done(CancelledReply(now, now));
}

void OpenAiBackend::Ended(std::shared_ptr<Exchange> exchange, ChatOutcome outcome) {
  if (outcome.refusal && Reword(*outcome.refusal, *exchange)) {
    Start(std::move(exchange));
    return;
  }
  InferenceReply& reply = outcome.reply;
  if (exchange->dropped_parameter) {
    reply.flags |= kFlagParameterDropped;
  }
  reply.error = Redacted(std::move(reply.error), options_.api_key);
  exchange->done(std::move(reply));
}

bool OpenAiBackend::Reword(const EngineError& error, Exchange& exchange) {
  const ChatWording learnt = LearnFrom(error, exchange.wording);
  if (learnt == exchange.wording) {
    return false;
  }
  exchange.wording = learnt;
  absl::MutexLock lock(&mutex_);
  wording_.max_completion_tokens = wording_.max_completion_tokens || learnt.max_completion_tokens;
  wording_.dropped.insert(learnt.dropped.begin(), learnt.dropped.end());
  return true;
}

void OpenAiBackend::CancelAll() {
  absl::MutexLock lock(&mutex_);
  ++cancels_;
  http_->CancelAll();
}

}  // namespace wattfleet::agent
