#ifndef WF_AGENT_BACKEND_OLLAMA_OLLAMA_BACKEND_H_
#define WF_AGENT_BACKEND_OLLAMA_OLLAMA_BACKEND_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "agent/backend/exchange_runner.h"
#include "agent/backend/inference_backend.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct OllamaOptions {
  std::string base_url;  // "http://127.0.0.1:11434"
  std::string api_key;   // for a server behind a proxy that wants one; may be empty
  std::string ref;       // "llama3.1:8b"; without a tag ":latest" is understood
};

// Ollama's own API.
class OllamaBackend final : public InferenceBackend {
 public:
  // `clock` outlives this.
  OllamaBackend(OllamaOptions options, std::unique_ptr<HttpClient> http, const Clock& clock);

  // Digest and quantization are those of the installed model. NOT_FOUND names the installed ones.
  absl::StatusOr<EngineIdentity> Identify() override;
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override;
  void CancelAll() override;

 private:
  WrittenRequest Write(const InferenceRequest& request, const RequestWording& wording) const;
  absl::StatusOr<std::string> Get(const std::string& path);
  HttpHeaders Headers() const;

  const OllamaOptions options_;
  const std::string root_;  // base_url without a slash at its end
  ExchangeRunner exchanges_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OLLAMA_OLLAMA_BACKEND_H_
