#ifndef WF_AGENT_BACKEND_OPENAI_OPENAI_BACKEND_H_
#define WF_AGENT_BACKEND_OPENAI_OPENAI_BACKEND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

#include "agent/backend/exchange_runner.h"
#include "agent/backend/inference_backend.h"
#include "agent/backend/openai/chat_chunk.h"
#include "agent/backend/openai/chat_request.h"
#include "agent/backend/openai/engine_probe.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct OpenAiOptions {
  OpenAiDialect dialect = OpenAiDialect::kOpenAi;
  std::string engine_kind;  // as the sweep spells it
  std::string base_url;     // with or without its /v1
  std::string api_key;      // may be empty; sent as a bearer token, never shown
  std::string ref;          // model id; "*" or a file: the one model that the engine has
  std::string quantization;
  bool is_on_this_host = false;  // so that a file it serves can be looked at here
};

// Chat completions, streamed, of any engine that speaks OpenAI's API. A parameter that the engine
// refuses as unknown is left out from then on; replies say so by flag PARAMETER_DROPPED where a
// sweep asked for it.
class OpenAiBackend final : public InferenceBackend {
 public:
  // `clock` outlives this.
  OpenAiBackend(OpenAiOptions options, std::unique_ptr<HttpClient> http, const Clock& clock);

  absl::StatusOr<EngineIdentity> Identify() override;
  void Send(InferenceRequest request, std::function<void(InferenceReply)> done) override;
  void CancelAll() override;

 private:
  WrittenRequest Write(const InferenceRequest& request, const RequestWording& wording);

  const OpenAiOptions options_;
  const OpenAiEndpoint endpoint_;
  ChatChunkParser parser_;  // on the HTTP client's thread
  absl::Mutex mutex_;
  std::string model_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::int64_t> context_tokens_ ABSL_GUARDED_BY(mutex_);
  ExchangeRunner exchanges_;  // last: it uses the members above
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_OPENAI_BACKEND_H_
