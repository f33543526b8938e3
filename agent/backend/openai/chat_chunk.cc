#include "agent/backend/openai/chat_chunk.h"

#include <cmath>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <simdjson.h>

namespace wattfleet::agent {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::string_view TextOf(const object& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == SUCCESS ? text : std::string_view();
}

std::optional<object> ObjectOf(const object& from, std::string_view key) {
  object value;
  if (from[key].get(value) != SUCCESS) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> CountOf(const object& from, std::string_view key) {
  double count = 0;
  if (from[key].get(count) != SUCCESS || !(count >= 0 && count < 1e15)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(count);
}

void ReadUsage(const object& usage, TokenCounts& tokens) {
  tokens.input = CountOf(usage, "prompt_tokens");
  tokens.output = CountOf(usage, "completion_tokens");
  tokens.cached = CountOf(usage, "prompt_cache_hit_tokens");
  if (const auto details = ObjectOf(usage, "prompt_tokens_details")) {
    tokens.cached = CountOf(*details, "cached_tokens");
  }
  if (const auto details = ObjectOf(usage, "completion_tokens_details")) {
    tokens.reasoning = CountOf(*details, "reasoning_tokens");
  }
}

// llama-server's own count: prompt_n leaves out what its cache already held.
void ReadTimings(const object& timings, TokenCounts& tokens) {
  const std::optional<std::int64_t> evaluated = CountOf(timings, "prompt_n");
  tokens.cached = CountOf(timings, "cache_n");
  if (evaluated) {
    tokens.input = *evaluated + tokens.cached.value_or(0);
  }
  tokens.output = CountOf(timings, "predicted_n");
}

std::optional<std::int64_t> NanosOf(const object& from, std::string_view key_ms) {
  double ms = 0;
  if (from[key_ms].get(ms) != SUCCESS || !(ms >= 0 && ms < 1e12)) {
    return std::nullopt;
  }
  return std::llround(ms * 1e6);
}

EngineDurations ReadDurations(const object& chunk) {
  EngineDurations durations;
  if (const auto timings = ObjectOf(chunk, "timings")) {
    durations.prefill_ns = NanosOf(*timings, "prompt_ms");
    durations.decode_ns = NanosOf(*timings, "predicted_ms");
  }
  return durations;
}

TokenCounts ReadTokens(const object& chunk) {
  TokenCounts tokens;
  if (const auto timings = ObjectOf(chunk, "timings")) {
    ReadTimings(*timings, tokens);
  }
  std::optional<object> usage = ObjectOf(chunk, "usage");
  if (const auto groq = ObjectOf(chunk, "x_groq"); !usage && groq) {
    usage = ObjectOf(*groq, "usage");
  }
  if (usage) {
    ReadUsage(*usage, tokens);
  }
  return tokens;
}

// [{"type": "text", "text": ..}, {"type": "thinking", "thinking": [{"type": "text", ..}]}]
void ReadParts(const array& parts, std::string& content, std::string& reasoning) {
  for (const element part : parts) {
    object fields;
    if (part.get(fields) != SUCCESS) {
      continue;
    }
    content += TextOf(fields, "text");
    array thoughts;
    if (fields["thinking"].get(thoughts) == SUCCESS) {
      std::string none;
      ReadParts(thoughts, reasoning, none);
    } else {
      reasoning += TextOf(fields, "thinking");
    }
  }
}

}  // namespace

struct ChatChunkParser::State {
  simdjson::dom::parser parser;
  std::string content_parts;
  std::string reasoning_parts;

  void ReadDelta(const object& delta, ChatChunk& chunk) {
    chunk.content = TextOf(delta, "content");
    chunk.reasoning = TextOf(delta, "reasoning_content");
    if (chunk.reasoning.empty()) {
      chunk.reasoning = TextOf(delta, "reasoning");
    }
    chunk.refusal = TextOf(delta, "refusal");
    array some;
    chunk.has_tool_calls = (delta["tool_calls"].get(some) == SUCCESS && some.size() > 0) ||
                           ObjectOf(delta, "function_call").has_value();
    array parts;
    if (delta["content"].get(parts) == SUCCESS) {
      content_parts.clear();
      reasoning_parts.clear();
      ReadParts(parts, content_parts, reasoning_parts);
      chunk.content = content_parts;
      chunk.reasoning = reasoning_parts;
    }
  }
};

ChatChunkParser::ChatChunkParser() : state_(std::make_unique<State>()) {}
ChatChunkParser::~ChatChunkParser() = default;

absl::StatusOr<ChatChunk> ChatChunkParser::Parse(std::string_view data) {
  object root;
  if (const auto error = state_->parser.parse(data.data(), data.size()).get(root)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("not a JSON object: %s", simdjson::error_message(error)));
  }
  ChatChunk chunk;
  element error;
  chunk.is_error = (root["error"].get(error) == SUCCESS && !error.is_null()) ||
                   TextOf(root, "object") == "error";
  chunk.tokens = ReadTokens(root);
  chunk.durations = ReadDurations(root);
  array choices;
  if (root["choices"].get(choices) != SUCCESS || choices.size() == 0) {
    return chunk;
  }
  object choice;
  if (choices.at(0).get(choice) != SUCCESS) {
    return chunk;
  }
  chunk.finish_reason = TextOf(choice, "finish_reason");
  if (const auto delta = ObjectOf(choice, "delta")) {
    state_->ReadDelta(*delta, chunk);
  } else {
    chunk.content = TextOf(choice, "text");
  }
  return chunk;
}

}  // namespace wattfleet::agent
