#include "agent/backend/ollama/ollama_backend.h"

#include <utility>
#include <vector>

#include "agent/backend/ollama/ollama_request.h"
#include "agent/backend/ollama/ollama_stream.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

OllamaBackend::OllamaBackend(OllamaEndpoint endpoint, std::string ref,
                             std::unique_ptr<HttpClient> http, const Clock& clock)
    : endpoint_(std::move(endpoint)),
      ref_(std::move(ref)),
      exchanges_(
          {.write = [this](const InferenceRequest& request,
                           const RequestWording& wording) { return Write(request, wording); },
           .receive =
               [&clock](AnswerStream::Ended ended) {
                 return std::make_unique<OllamaStream>(clock, std::move(ended));
               },
           .learn = LearnFromOllama,
           .secret = endpoint_.api_key},
          std::move(http), clock) {}

absl::StatusOr<EngineIdentity> OllamaBackend::Identify() {
  WF_ASSIGN_OR_RETURN(const std::vector<InstalledModel> models,
                      ListInstalledModels(exchanges_.http(), endpoint_));
  WF_ASSIGN_OR_RETURN(const InstalledModel model, ChooseInstalledModel(models, ref_));
  EngineIdentity identity;
  identity.engine_kind = "ollama";
  identity.engine_version = OllamaVersion(exchanges_.http(), endpoint_);
  identity.model_digest = model.digest;
  identity.quantization = model.quantization;
  if (exchanges_.wording().dropped.contains("think")) {
    identity.dropped_parameters = {"think"};
  }
  return identity;
}

void OllamaBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  exchanges_.Send(std::move(request), /*no_output_limit=*/false, std::move(done));
}

WrittenRequest OllamaBackend::Write(const InferenceRequest& request,
                                    const RequestWording& wording) const {
  OllamaRequestText text = WriteOllamaRequest(request, ref_, wording);
  WrittenRequest written;
  written.dropped_parameter = text.dropped_parameter;
  written.http.method = "POST";
  written.http.url = endpoint_.root + "/api/chat";
  written.http.headers = endpoint_.Headers();
  written.http.headers.emplace_back("Content-Type", "application/json");
  written.http.body = std::move(text.body);
  return written;
}

void OllamaBackend::CancelAll() {
  exchanges_.CancelAll();
}

}  // namespace wattfleet::agent
