#include "agent/backend/open_backend.h"

#include <cstdlib>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

#include "agent/backend/ollama/ollama_backend.h"
#include "agent/backend/openai/openai_backend.h"
#include "agent/backend/replay/replay_backend.h"
#include "agent/backend/synthetic/synthetic_backend.h"
#include "common/http/curl_http_client.h"
#include "common/http/http_url.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

const std::map<std::string, OpenAiDialect>& Dialects() {
  static const std::map<std::string, OpenAiDialect> dialects = {
      {"llama-server", OpenAiDialect::kLlamaServer},
      {"lmstudio", OpenAiDialect::kLmStudio},
      {"mlx", OpenAiDialect::kMlx},
      {"openai", OpenAiDialect::kOpenAi},
      {"vllm", OpenAiDialect::kVllm},
  };
  return dialects;
}

std::unique_ptr<HttpClient> NewHttpClient(const Clock& clock) {
  const char* ca_file = std::getenv("SSL_CERT_FILE");
  return std::make_unique<CurlHttpClient>(clock,
                                          CurlHttpOptions{.ca_file = ca_file ? ca_file : ""});
}

absl::StatusOr<std::string> BaseUrl(const BackendOptions& options) {
  const std::string& url = options.base_url.empty() ? options.build.base_url : options.base_url;
  if (url.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("engine %s of %s has no url", options.build.engine, options.build.ref));
  }
  return url;
}

absl::Status NoSuchKind(const std::string& kind) {
  return absl::InvalidArgumentError(
      absl::StrFormat("no engine kind \"%s\"; there are llama-server, lmstudio, mlx, ollama, "
                      "openai, replay, synthetic and vllm",
                      kind));
}

}  // namespace

absl::StatusOr<std::unique_ptr<InferenceBackend>> OpenBackend(const BackendOptions& options,
                                                              const Clock& clock) {
  const Build& build = options.build;
  if (build.engine == "replay") {
    const ReplayPace pace =
        options.replay_at_recorded_pace ? ReplayPace::kRecorded : ReplayPace::kFastest;
    return std::make_unique<ReplayBackend>(build.ref, pace, clock);
  }
  if (build.engine == "synthetic") {
    WF_ASSIGN_OR_RETURN(SyntheticOptions synthetic, ParseSyntheticOptions(build.ref));
    return std::make_unique<SyntheticBackend>(std::move(synthetic), options.seed, clock);
  }
  if (const auto dialect = Dialects().find(build.engine); dialect != Dialects().end()) {
    OpenAiOptions openai{.dialect = dialect->second,
                         .engine_kind = build.engine,
                         .api_key = options.api_key,
                         .ref = build.ref,
                         .quantization = build.quantization};
    WF_ASSIGN_OR_RETURN(openai.base_url, BaseUrl(options));
    openai.is_on_this_host = IsLoopbackUrl(openai.base_url);
    return std::make_unique<OpenAiBackend>(std::move(openai), NewHttpClient(clock), clock);
  }
  if (build.engine == "ollama") {
    WF_ASSIGN_OR_RETURN(const std::string url, BaseUrl(options));
    return std::make_unique<OllamaBackend>(OllamaEndpoint::Of(url, options.api_key), build.ref,
                                           NewHttpClient(clock), clock);
  }
  return NoSuchKind(build.engine);
}

bool NeedsNoServer(const std::string& engine_kind) {
  return engine_kind == "replay" || engine_kind == "synthetic";
}

absl::StatusOr<std::vector<std::string>> ListEngineRefs(const BackendOptions& options,
                                                        const Clock& clock) {
  const std::string& kind = options.build.engine;
  std::vector<std::string> refs;
  if (NeedsNoServer(kind)) {
    return std::vector<std::string>{"*"};
  }
  if (kind == "ollama") {
    WF_ASSIGN_OR_RETURN(const std::string url, BaseUrl(options));
    const std::unique_ptr<HttpClient> http = NewHttpClient(clock);
    WF_ASSIGN_OR_RETURN(const std::vector<InstalledModel> models,
                        ListInstalledModels(*http, OllamaEndpoint::Of(url, options.api_key)));
    for (const InstalledModel& model : models) {
      refs.push_back(model.name);
    }
    return refs;
  }
  if (!Dialects().contains(kind)) {
    return NoSuchKind(kind);
  }
  WF_ASSIGN_OR_RETURN(const std::string url, BaseUrl(options));
  const std::unique_ptr<HttpClient> http = NewHttpClient(clock);
  WF_ASSIGN_OR_RETURN(const std::optional<std::vector<ServedModel>> models,
                      ListModels(*http, OpenAiEndpoint::Of(url, options.api_key)));
  if (!models) {
    return std::vector<std::string>{"*"};
  }
  for (const ServedModel& model : *models) {
    refs.push_back(model.id);
  }
  return refs;
}

}  // namespace wattfleet::agent
