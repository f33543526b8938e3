#ifndef WF_AGENT_BACKEND_OLLAMA_OLLAMA_REQUEST_H_
#define WF_AGENT_BACKEND_OLLAMA_OLLAMA_REQUEST_H_

#include <string>

#include "agent/backend/engine_error.h"
#include "agent/backend/exchange_runner.h"
#include "agent/backend/inference_backend.h"

namespace wattfleet::agent {

struct OllamaRequestText {
  std::string body;                // JSON
  bool dropped_parameter = false;  // something that the sweep asked for is not in it
};

// A streaming request to /api/chat. The context size is always said where the sweep says one:
// Ollama's own default is small, and it would cut longer prompts without a word.
OllamaRequestText WriteOllamaRequest(const InferenceRequest& request, const std::string& model,
                                     const RequestWording& wording);

// What `error` teaches: some models know nothing of thinking, and refuse even to leave it.
RequestWording LearnFromOllama(const EngineError& error, RequestWording wording);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OLLAMA_OLLAMA_REQUEST_H_
