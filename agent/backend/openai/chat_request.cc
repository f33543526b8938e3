#include "agent/backend/openai/chat_request.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

namespace wattfleet::agent {

namespace {

using nlohmann::json;

// Parameters that may be left out when an engine refuses them, and whether a sweep asked for them.
struct Optional {
  std::string_view name;
  bool of_the_sweep;
};
constexpr std::array kOptional = {
    Optional{"temperature", true},
    Optional{"top_p", true},
    Optional{"top_k", true},
    Optional{"seed", true},
    Optional{"stop", true},
    Optional{"reasoning_effort", true},
    Optional{"chat_template_kwargs", true},
    Optional{"stream_options", false},
    Optional{"cache_prompt", false},
    Optional{"cache_salt", false},
};

const char* EffortOf(Thinking thinking) {
  switch (thinking) {
    case Thinking::kOff:
      return "none";
    case Thinking::kLow:
      return "low";
    case Thinking::kHigh:
      return "high";
    default:
      return "medium";
  }
}

// Engines that apply the chat template themselves take the switch as a variable of the template.
void AskForThinking(Thinking thinking, OpenAiDialect dialect, json& body) {
  if (thinking == Thinking::kUnset) {
    return;
  }
  const bool has_level = thinking != Thinking::kOff && thinking != Thinking::kOn;
  if (dialect == OpenAiDialect::kOpenAi || dialect == OpenAiDialect::kLmStudio) {
    body["reasoning_effort"] = EffortOf(thinking);
    return;
  }
  body["chat_template_kwargs"]["enable_thinking"] = thinking != Thinking::kOff;
  if (has_level) {
    body["chat_template_kwargs"]["reasoning_effort"] = EffortOf(thinking);
    body["reasoning_effort"] = EffortOf(thinking);
  }
}

void AskForSampling(const Generation& generation, json& body) {
  const auto set = [&body](const char* name, const auto& value) {
    if (value) {
      body[name] = *value;
    }
  };
  set("temperature", generation.temperature);
  set("top_p", generation.top_p);
  set("top_k", generation.top_k);
  set("seed", generation.seed);
  if (!generation.stop.empty()) {
    body["stop"] = generation.stop;
  }
}

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Where `text` has `word` as a word of its own: "stop" is not in "stopped". npos: nowhere.
std::size_t FindWord(std::string_view text, std::string_view word) {
  std::size_t at = text.find(word);
  for (; at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !IsWordByte(text[at - 1])) && (end == text.size() || !IsWordByte(text[end]))) {
      break;
    }
  }
  return at;
}

bool HasWord(std::string_view text, std::string_view word) {
  return FindWord(text, word) != std::string_view::npos;
}

bool SaysUnknown(const EngineError& error) {
  const std::string said =
      absl::AsciiStrToLower(error.message + " " + error.code + " " + error.type);
  constexpr std::array kPhrases = {
      "unrecognized",  "unknown",         "unsupported", "not supported", "does not support",
      "not permitted", "extra_forbidden", "unexpected",  "not allowed",   "extra inputs"};
  return std::any_of(kPhrases.begin(), kPhrases.end(), [&said](const char* phrase) {
    return said.find(phrase) != std::string::npos;
  });
}

// Of several parameters that a message names, the refused one comes first.
std::optional<std::string> RefusedParameter(const EngineError& error) {
  if (!SaysUnknown(error)) {
    return std::nullopt;
  }
  std::optional<std::string> refused;
  std::size_t first = std::string::npos;
  for (const Optional& parameter : kOptional) {
    if (error.param == parameter.name) {
      return error.param;
    }
    if (const std::size_t at = FindWord(error.message, parameter.name); at < first) {
      first = at;
      refused = std::string(parameter.name);
    }
  }
  return refused;
}

bool SaysLimitExceedsContext(const EngineError& error) {
  const std::string said = absl::AsciiStrToLower(error.message);
  const bool names_limit = HasWord(said, "max_tokens") || HasWord(said, "max_completion_tokens");
  return names_limit && (said.find("too large") != std::string::npos ||
                         said.find("at most") != std::string::npos ||
                         said.find("less than or equal") != std::string::npos);
}

}  // namespace

ChatRequestText WriteChatRequest(const InferenceRequest& request, const std::string& model,
                                 OpenAiDialect dialect, const RequestWording& wording) {
  json body;
  body["model"] = model;
  body["stream"] = true;
  body["stream_options"]["include_usage"] = true;
  json messages = json::array();
  if (!request.system.empty()) {
    messages.push_back({{"role", "system"}, {"content", request.system}});
  }
  messages.push_back({{"role", "user"}, {"content", request.prompt}});
  body["messages"] = std::move(messages);
  if (!wording.no_output_limit) {
    body[wording.max_completion_tokens ? "max_completion_tokens" : "max_tokens"] =
        request.generation.max_output_tokens;
  }
  AskForSampling(request.generation, body);
  AskForThinking(request.generation.thinking, dialect, body);
  const bool defeats_cache = !request.generation.cache_as_served;
  if (defeats_cache && dialect == OpenAiDialect::kLlamaServer) {
    body["cache_prompt"] = false;
  }
  if (defeats_cache && dialect == OpenAiDialect::kVllm) {
    body["cache_salt"] = absl::StrFormat("wattfleet-%d", request.id);
  }

  ChatRequestText text;
  for (const Optional& parameter : kOptional) {
    const std::string name(parameter.name);
    if (wording.dropped.contains(name) && body.erase(name) > 0 && parameter.of_the_sweep) {
      text.dropped_parameter = true;
    }
  }
  text.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return text;
}

RequestWording LearnFrom(const EngineError& error, RequestWording wording) {
  if (error.status != 400 && error.status != 422) {
    return wording;
  }
  if (!wording.max_completion_tokens && SaysUnknown(error) &&
      HasWord(error.message, "max_completion_tokens")) {
    wording.max_completion_tokens = true;
  } else if (SaysLimitExceedsContext(error) ||
             ClassifyEngineError(error) == Failure::kContextOverflow) {
    wording.no_output_limit = true;
  } else if (const std::optional<std::string> refused = RefusedParameter(error)) {
    wording.dropped.insert(*refused);
  }
  return wording;
}

std::set<std::string> DroppedParameters(const RequestWording& wording) {
  std::set<std::string> dropped;
  for (const Optional& parameter : kOptional) {
    const std::string name(parameter.name);
    if (parameter.of_the_sweep && wording.dropped.contains(name)) {
      dropped.insert(name);
    }
  }
  return dropped;
}

}  // namespace wattfleet::agent
