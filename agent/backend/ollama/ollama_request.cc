#include "agent/backend/ollama/ollama_request.h"

#include <utility>

#include "absl/strings/ascii.h"
#include <nlohmann/json.hpp>

namespace wattfleet::agent {

namespace {

using nlohmann::json;

// Long enough for the pauses of a sweep; Ollama's own default is 5 minutes.
constexpr const char* kKeepAlive = "30m";

json ThinkOf(Thinking thinking) {
  switch (thinking) {
    case Thinking::kUnset:
      return nullptr;
    case Thinking::kOff:
      return false;
    case Thinking::kOn:
      return true;
    case Thinking::kLow:
      return "low";
    case Thinking::kMedium:
      return "medium";
    case Thinking::kHigh:
      return "high";
  }
  return nullptr;
}

json OptionsOf(const Generation& generation, const RequestWording& wording) {
  json options = json::object();
  const auto set = [&options](const char* name, const auto& value) {
    if (value) {
      options[name] = *value;
    }
  };
  set("temperature", generation.temperature);
  set("top_p", generation.top_p);
  set("top_k", generation.top_k);
  set("seed", generation.seed);
  set("num_ctx", generation.context_tokens);
  if (!wording.no_output_limit) {
    options["num_predict"] = generation.max_output_tokens;
  }
  if (!generation.stop.empty()) {
    options["stop"] = generation.stop;
  }
  return options;
}

}  // namespace

OllamaRequestText WriteOllamaRequest(const InferenceRequest& request, const std::string& model,
                                     const RequestWording& wording) {
  json messages = json::array();
  if (!request.system.empty()) {
    messages.push_back({{"role", "system"}, {"content", request.system}});
  }
  messages.push_back({{"role", "user"}, {"content", request.prompt}});
  json body;
  body["model"] = model;
  body["messages"] = std::move(messages);
  body["stream"] = true;
  body["keep_alive"] = kKeepAlive;
  // Neither the prompt nor the answer is to lose its beginning in silence: better an error, or an
  // answer cut at its end. Versions that do not know these keys ignore them.
  body["truncate"] = false;
  body["shift"] = false;
  body["options"] = OptionsOf(request.generation, wording);

  OllamaRequestText text;
  const Thinking thinking = request.generation.thinking;
  if (wording.dropped.contains("think")) {
    text.dropped_parameter = thinking != Thinking::kUnset && thinking != Thinking::kOff;
  } else if (thinking != Thinking::kUnset) {
    body["think"] = ThinkOf(thinking);
  }
  text.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return text;
}

RequestWording LearnFromOllama(const EngineError& error, RequestWording wording) {
  const std::string said = absl::AsciiStrToLower(error.message);
  if (error.status == 400 && said.find("does not support thinking") != std::string::npos) {
    wording.dropped.insert("think");
  }
  return wording;
}

}  // namespace wattfleet::agent
