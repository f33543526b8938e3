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
    return std::make_unique<OpenAiBackend>(std::move(openai), NewHttpClient(clock), clock);
  }
  if (build.engine == "ollama") {
    OllamaOptions ollama{.api_key = options.api_key, .ref = build.ref};
    WF_ASSIGN_OR_RETURN(ollama.base_url, BaseUrl(options));
    return std::make_unique<OllamaBackend>(std::move(ollama), NewHttpClient(clock), clock);
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("no engine kind \"%s\"; there are llama-server, lmstudio, mlx, ollama, "
                      "openai, replay, synthetic and vllm",
                      build.engine));
}

}  // namespace wattfleet::agent
