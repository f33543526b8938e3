#include "agent/backend/ollama/ollama_stream.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include <simdjson.h>

namespace wattfleet::agent {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kLineBytesMax = 16U << 20;

std::string_view TextOf(const object& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == SUCCESS ? text : std::string_view();
}

std::optional<std::int64_t> CountOf(const object& from, std::string_view key) {
  std::int64_t count = 0;
  if (from[key].get(count) != SUCCESS || count < 0) {
    return std::nullopt;
  }
  return count;
}

bool IsTrue(const object& from, std::string_view key) {
  bool value = false;
  return from[key].get(value) == SUCCESS && value;
}

}  // namespace

struct OllamaStream::Parser {
  simdjson::dom::parser json;
};

OllamaStream::OllamaStream(const Clock& clock, Ended ended)
    : AnswerStream(clock, std::move(ended)), parser_(std::make_unique<Parser>()) {}

OllamaStream::~OllamaStream() = default;

bool OllamaStream::Begins(char first) const {
  return first == '{';
}

void OllamaStream::Take(std::string_view bytes, MonotonicTime at) {
  while (!bytes.empty() && !finished()) {
    const std::size_t end = bytes.find('\n');
    partial_line_.append(bytes.substr(0, end));
    if (partial_line_.size() > kLineBytesMax) {
      Fail(Failure::kProtocol, "the engine sent a line that is larger than allowed");
    }
    if (end == std::string_view::npos) {
      return;
    }
    TakeLine(std::exchange(partial_line_, {}), at);
    bytes.remove_prefix(end + 1);
  }
}

void OllamaStream::TakeRest(MonotonicTime at) {
  TakeLine(std::exchange(partial_line_, {}), at);
}

void OllamaStream::TakeLine(std::string_view line, MonotonicTime at) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return;
  }
  SawEvent();
  object root;
  if (const auto error = parser_->json.parse(line.data(), line.size()).get(root)) {
    Fail(Failure::kProtocol,
         absl::StrFormat("the engine sent a line that is no JSON object (%s): %s",
                         simdjson::error_message(error), OneLine(line)));
    return;
  }
  element error;
  if (root["error"].get(error) == SUCCESS && !error.is_null()) {
    FailWith(ReadEngineError(200, line));
    return;
  }
  object message;
  if (root["message"].get(message) == SUCCESS) {
    const std::string_view thinking = TextOf(message, "thinking");
    const std::string_view content = TextOf(message, "content");
    reply().AddReasoning(thinking, at);
    reply().AddContent(content, at);
    array calls;
    if (!thinking.empty() || !content.empty() || message["tool_calls"].get(calls) == SUCCESS) {
      SawProgress();
    }
  }
  if (IsTrue(root, "done")) {
    reply().SetTokens(
        {.input = CountOf(root, "prompt_eval_count"), .output = CountOf(root, "eval_count")});
    reply().SetDurations({.load_ns = CountOf(root, "load_duration"),
                          .prefill_ns = CountOf(root, "prompt_eval_duration"),
                          .decode_ns = CountOf(root, "eval_duration")});
    reply().SetFinish(TextOf(root, "done_reason"), at);
    Complete();
  }
}

}  // namespace wattfleet::agent
