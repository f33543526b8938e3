#ifndef WF_AGENT_BACKEND_OPENAI_CHAT_REQUEST_H_
#define WF_AGENT_BACKEND_OPENAI_CHAT_REQUEST_H_

#include <set>
#include <string>
#include <string_view>

#include "agent/backend/engine_error.h"
#include "agent/backend/inference_backend.h"

namespace wattfleet::agent {

// Which dialect of the API an engine speaks.
enum class OpenAiDialect { kOpenAi, kLlamaServer, kVllm, kLmStudio, kMlx };

// How requests to one engine are worded, as learnt from its refusals. A value; grows only.
struct ChatWording {
  bool max_completion_tokens = false;  // instead of max_tokens
  std::set<std::string> dropped;       // parameters that the engine does not know
  // Prompt and output limit together exceed the context, which some engines refuse: the context
  // alone limits the answer then. Of one request, not of the engine.
  bool no_output_limit = false;
  bool operator==(const ChatWording&) const = default;
};

struct ChatRequestText {
  std::string body;                // JSON
  bool dropped_parameter = false;  // something that the sweep asked for is not in it
};

// A streaming chat completion request for `model`.
ChatRequestText WriteChatRequest(const InferenceRequest& request, const std::string& model,
                                 OpenAiDialect dialect, const ChatWording& wording);

// What `error`, an answer to a request worded like `wording`, teaches; `wording` itself when it
// does not blame the wording.
ChatWording LearnFrom(const EngineError& error, ChatWording wording);

// Those of wording.dropped that a sweep can ask for.
std::set<std::string> DroppedParameters(const ChatWording& wording);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPENAI_CHAT_REQUEST_H_
