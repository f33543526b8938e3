#ifndef WF_AGENT_BACKEND_OPENAI_ENGINE_PROBE_H_
#define WF_AGENT_BACKEND_OPENAI_ENGINE_PROBE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/backend/openai/chat_request.h"
#include "common/http/http_client.h"

namespace wattfleet::agent {

// Where an engine's API is.
struct OpenAiEndpoint {
  std::string api;   // "http://127.0.0.1:8080/v1", without a slash at the end
  std::string root;  // the same without /v1: where engines put what is not OpenAI's
  std::string api_key;

  // From a URL with or without a path: "/v1" is understood where there is none.
  static OpenAiEndpoint Of(const std::string& base_url, std::string api_key);
  HttpHeaders Headers() const;
};

struct ServedModel {
  std::string id;
  std::string digest;  // empty when the engine does not say
  std::optional<std::int64_t> context_tokens;
};

// The models that the engine offers; nullopt when it has no such list. UNAVAILABLE, DEADLINE_...:
// not up; UNAUTHENTICATED; RESOURCE_EXHAUSTED: quota.
absl::StatusOr<std::optional<std::vector<ServedModel>>> ListModels(HttpClient& http,
                                                                   const OpenAiEndpoint& endpoint);

// Whether `ref` says which weights by a file, not by a name of the engine's.
bool IsFileRef(const std::string& ref);

// Which of them `ref` means: the one of that id, or, where ref is "*" or a file, the only one.
// NOT_FOUND names what there is.
absl::StatusOr<ServedModel> ChooseModel(const std::vector<ServedModel>& models,
                                        const std::string& ref);

// Whether the engine is ready to answer, where its dialect can tell: some list their models while
// they still load them. UNAVAILABLE says what it is at.
absl::Status CheckHealth(HttpClient& http, const OpenAiEndpoint& endpoint, OpenAiDialect dialect);

// What an engine tells beyond OpenAI's API, each absent where it does not.
struct EngineFacts {
  std::string version;
  std::string quantization;
  std::optional<std::int64_t> context_tokens;
  bool defeats_prefix_cache = false;  // it honours what requests say about its cache
};
EngineFacts ProbeEngine(HttpClient& http, const OpenAiEndpoint& endpoint, OpenAiDialect dialect,
                        const std::string& model);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_ENGINE_PROBE_H_
