#ifndef WF_AGENT_BACKEND_OPENAI_CHAT_REQUEST_H_
#define WF_AGENT_BACKEND_OPENAI_CHAT_REQUEST_H_

#include <set>
#include <string>
#include <string_view>

#include "agent/backend/engine_error.h"
#include "agent/backend/exchange_runner.h"
#include "agent/backend/inference_backend.h"

namespace wattfleet::agent {

// Which dialect of the API an engine speaks.
enum class OpenAiDialect { kOpenAi, kLlamaServer, kVllm, kLmStudio, kMlx };

struct ChatRequestText {
  std::string body;                // JSON
  bool dropped_parameter = false;  // something that the sweep asked for is not in it
};

// A streaming chat completion request for `model`.
ChatRequestText WriteChatRequest(const InferenceRequest& request, const std::string& model,
                                 OpenAiDialect dialect, const RequestWording& wording);

// What `error`, an answer to a request worded like `wording`, teaches; `wording` itself when it
// does not blame the wording.
RequestWording LearnFrom(const EngineError& error, RequestWording wording);

// Those of wording.dropped that a sweep can ask for.
std::set<std::string> DroppedParameters(const RequestWording& wording);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_CHAT_REQUEST_H_
