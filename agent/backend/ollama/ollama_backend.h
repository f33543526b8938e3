#ifndef WF_AGENT_BACKEND_OLLAMA_OLLAMA_BACKEND_H_
#define WF_AGENT_BACKEND_OLLAMA_OLLAMA_BACKEND_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "agent/backend/exchange_runner.h"
#include "agent/backend/inference_backend.h"
#include "agent/backend/ollama/installed_models.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Ollama's own API.
class OllamaBackend final : public InferenceBackend {
 public:
  // `ref`: "llama3.1:8b"; without a tag ":latest" is understood. `clock` outlives this.
  OllamaBackend(OllamaEndpoint endpoint, std::string ref, std::unique_ptr<HttpClient> http,
                const Clock& clock);

  // Digest and quantization are those of the installed model. NOT_FOUND names the installed ones.
  absl::StatusOr<EngineIdentity> Identify() override;
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override;
  void CancelAll() override;

 private:
  WrittenRequest Write(const InferenceRequest& request, const RequestWording& wording) const;

  const OllamaEndpoint endpoint_;
  const std::string ref_;
  ExchangeRunner exchanges_;  // last: it uses the members above
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OLLAMA_OLLAMA_BACKEND_H_
