#ifndef WF_AGENT_BACKEND_OLLAMA_INSTALLED_MODELS_H_
#define WF_AGENT_BACKEND_OLLAMA_INSTALLED_MODELS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/http/http_client.h"

namespace wattfleet::agent {

// Where an Ollama server is.
struct OllamaEndpoint {
  std::string root;     // "http://127.0.0.1:11434", without a slash at its end
  std::string api_key;  // for a server behind a proxy that wants one; may be empty

  static OllamaEndpoint Of(const std::string& base_url, std::string api_key);
  HttpHeaders Headers() const;
};

struct InstalledModel {
  std::string name;  // with its tag
  std::string digest;
  std::string quantization;  // empty when it is not known
};

// UNAVAILABLE, DEADLINE_EXCEEDED: not up, or something else; UNAUTHENTICATED.
absl::StatusOr<std::vector<InstalledModel>> ListInstalledModels(HttpClient& http,
                                                                const OllamaEndpoint& endpoint);

// The one that `ref` means; without a tag, its ":latest". NOT_FOUND names the installed ones.
absl::StatusOr<InstalledModel> ChooseInstalledModel(const std::vector<InstalledModel>& models,
                                                    const std::string& ref);

// Empty where the server does not say.
std::string OllamaVersion(HttpClient& http, const OllamaEndpoint& endpoint);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OLLAMA_INSTALLED_MODELS_H_
