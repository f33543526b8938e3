#include "agent/backend/replay/recorded_answer_json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <simdjson.h>

#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

absl::Status WrongField(const char* key, const char* wanted) {
  return absl::InvalidArgumentError(absl::StrFormat("field \"%s\" is not %s", key, wanted));
}

// The value under `key` unless it is missing or null.
std::optional<element> Value(const object& row, const char* key) {
  element value;
  if (row[key].get(value) != simdjson::SUCCESS || value.is_null()) {
    return std::nullopt;
  }
  return value;
}

absl::StatusOr<std::string_view> Text(const object& row, const char* key) {
  const std::optional<element> value = Value(row, key);
  if (!value) {
    return std::string_view();
  }
  std::string_view text;
  if (value->get(text) != simdjson::SUCCESS) {
    return WrongField(key, "a string");
  }
  return text;
}

absl::StatusOr<std::optional<std::int64_t>> Count(const object& row, const char* key) {
  const std::optional<element> value = Value(row, key);
  if (!value) {
    return std::nullopt;
  }
  std::int64_t count = 0;
  if (value->get(count) != simdjson::SUCCESS || count < 0) {
    return WrongField(key, "a whole number from 0");
  }
  return count;
}

// A quantity of at least 0 in units of 1/`per_unit`, e.g. seconds as nanoseconds.
absl::StatusOr<std::optional<std::int64_t>> Quantity(const object& row, const char* key,
                                                     double per_unit) {
  const std::optional<element> value = Value(row, key);
  if (!value) {
    return std::nullopt;
  }
  double number = 0;
  const bool fits =
      value->get(number) == simdjson::SUCCESS && number >= 0 && number * per_unit < 9.2e18;
  if (!fits) {
    return WrongField(key, "a number from 0");
  }
  return std::llround(number * per_unit);
}

absl::StatusOr<Finish> FinishOf(const object& row) {
  WF_ASSIGN_OR_RETURN(const std::string_view text, Text(row, "finish_reason"));
  if (text.empty()) {
    return Finish::kUnknown;
  }
  if (text != "stop" && text != "length") {
    return WrongField("finish_reason", "\"stop\" or \"length\"");
  }
  return text == "stop" ? Finish::kStop : Finish::kLength;
}

// The first of two spellings that the row has.
template <typename T>
std::optional<T> FirstOf(std::optional<T> a, std::optional<T> b) {
  return a.has_value() ? a : b;
}

absl::Status ReadFields(const object& row, RecordedAnswer& answer) {
  element response;
  if (row["response"].get(response) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the row has no \"response\"");
  }
  WF_ASSIGN_OR_RETURN(answer.response, Text(row, "response"));
  WF_ASSIGN_OR_RETURN(answer.reasoning, Text(row, "reasoning"));
  WF_ASSIGN_OR_RETURN(answer.input_tokens, Count(row, "input_tokens"));
  WF_ASSIGN_OR_RETURN(const std::optional<std::int64_t> output, Count(row, "output_tokens"));
  WF_ASSIGN_OR_RETURN(const std::optional<std::int64_t> tokens, Count(row, "tokens"));
  answer.output_tokens = FirstOf(output, tokens);
  WF_ASSIGN_OR_RETURN(const std::optional<std::int64_t> latency_s, Quantity(row, "latency_s", 1e9));
  WF_ASSIGN_OR_RETURN(const std::optional<std::int64_t> latency, Quantity(row, "latency", 1e9));
  answer.duration_ns = FirstOf(latency_s, latency);
  WF_ASSIGN_OR_RETURN(answer.energy, Quantity(row, "energy_j", 1e6));
  WF_ASSIGN_OR_RETURN(answer.finish, FinishOf(row));
  return absl::OkStatus();
}

}  // namespace

struct RecordedAnswerParser::State {
  simdjson::dom::parser parser;
  std::string number_id;
};

RecordedAnswerParser::RecordedAnswerParser() : state_(std::make_unique<State>()) {}
RecordedAnswerParser::~RecordedAnswerParser() = default;

absl::StatusOr<RecordedAnswer> RecordedAnswerParser::Parse(std::string_view row) {
  element document;
  if (const auto error = state_->parser.parse(row.data(), row.size()).get(document)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the row is not JSON: %s", simdjson::error_message(error)));
  }
  object fields;
  if (document.get(fields) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the row is not a JSON object");
  }
  const std::optional<element> id = Value(fields, "id");
  if (!id) {
    return absl::InvalidArgumentError("the row has no \"id\"");
  }
  RecordedAnswer answer;
  std::int64_t number = 0;
  if (id->get(number) == simdjson::SUCCESS) {
    state_->number_id = absl::StrCat(number);
    answer.id = state_->number_id;
  } else if (id->get(answer.id) != simdjson::SUCCESS) {
    return WrongField("id", "a string or a whole number");
  }
  WF_RETURN_IF_ERROR(ReadFields(fields, answer));
  return answer;
}

}  // namespace wattfleet::agent
