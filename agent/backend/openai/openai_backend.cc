#include "agent/backend/openai/openai_backend.h"

#include <set>
#include <utility>
#include <vector>

#include "agent/backend/file_digest.h"
#include "agent/backend/openai/chat_stream.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

OpenAiBackend::OpenAiBackend(OpenAiOptions options, std::unique_ptr<HttpClient> http,
                             const Clock& clock)
    : options_(std::move(options)),
      endpoint_(OpenAiEndpoint::Of(options_.base_url, options_.api_key)),
      model_(options_.ref),
      exchanges_(
          {.write = [this](const InferenceRequest& request,
                           const RequestWording& wording) { return Write(request, wording); },
           .receive =
               [this, &clock](AnswerStream::Ended ended) {
                 return std::make_unique<ChatStream>(parser_, clock, std::move(ended));
               },
           .learn = LearnFrom,
           .secret = options_.api_key},
          std::move(http), clock) {}

absl::StatusOr<EngineIdentity> OpenAiBackend::Identify() {
  WF_ASSIGN_OR_RETURN(const std::optional<std::vector<ServedModel>> models,
                      ListModels(exchanges_.http(), endpoint_));
  ServedModel model{.id = options_.ref};
  if (models) {
    WF_ASSIGN_OR_RETURN(model, ChooseModel(*models, options_.ref));
  }
  WF_RETURN_IF_ERROR(CheckHealth(exchanges_.http(), endpoint_, options_.dialect));
  const EngineFacts facts = ProbeEngine(exchanges_.http(), endpoint_, options_.dialect, model.id);
  const RequestWording wording = exchanges_.wording();
  const std::set<std::string> dropped = DroppedParameters(wording);

  EngineIdentity identity;
  identity.engine_kind = options_.engine_kind;
  identity.engine_version = facts.version;
  identity.model_digest = model.digest;
  if (model.digest.empty() && options_.is_on_this_host && IsFileRef(options_.ref)) {
    // Where the file is not found here, nobody says what the weights are.
    identity.model_digest = FileDigest(options_.ref).value_or("");
  }
  identity.quantization =
      options_.quantization.empty() ? facts.quantization : options_.quantization;
  identity.context_tokens = facts.context_tokens ? facts.context_tokens : model.context_tokens;
  identity.dropped_parameters.assign(dropped.begin(), dropped.end());
  identity.prefix_cache_controlled = facts.defeats_prefix_cache &&
                                     !wording.dropped.contains("cache_prompt") &&
                                     !wording.dropped.contains("cache_salt");
  absl::MutexLock lock(&mutex_);
  model_ = model.id;
  context_tokens_ = identity.context_tokens;
  return identity;
}

void OpenAiBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  bool no_output_limit = false;
  {
    absl::MutexLock lock(&mutex_);
    no_output_limit = context_tokens_ && request.generation.max_output_tokens >= *context_tokens_;
  }
  exchanges_.Send(std::move(request), no_output_limit, std::move(done));
}

WrittenRequest OpenAiBackend::Write(const InferenceRequest& request,
                                    const RequestWording& wording) {
  std::string model;
  {
    absl::MutexLock lock(&mutex_);
    model = model_;
  }
  ChatRequestText text = WriteChatRequest(request, model, options_.dialect, wording);
  WrittenRequest written;
  written.dropped_parameter = text.dropped_parameter;
  written.http.method = "POST";
  written.http.url = endpoint_.api + "/chat/completions";
  written.http.headers = endpoint_.Headers();
  written.http.headers.emplace_back("Content-Type", "application/json");
  written.http.body = std::move(text.body);
  return written;
}

void OpenAiBackend::CancelAll() {
  exchanges_.CancelAll();
}

}  // namespace wattfleet::agent
