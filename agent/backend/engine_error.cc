#include "agent/backend/engine_error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

#include "common/http/http_fetch.h"

namespace wattfleet::agent {

namespace {

using nlohmann::json;

constexpr std::size_t kLineMax = 400;

// A member as text, whether it is a string or a number; empty where there is none.
std::string TextOf(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end()) {
    return {};
  }
  if (found->is_string()) {
    return found->get<std::string>();
  }
  return found->is_number() ? found->dump() : std::string();
}

// FastAPI's: {"detail": "text"} or {"detail": [{"loc": ["body", "top_k"], "msg": .., "type": ..}]}.
void ReadDetail(const json& detail, EngineError& error) {
  if (detail.is_string()) {
    error.message = detail.get<std::string>();
    return;
  }
  if (!detail.is_array() || detail.empty()) {
    return;
  }
  const json& first = detail.front();
  error.message = TextOf(first, "msg");
  error.type = TextOf(first, "type");
  const auto place = first.find("loc");
  if (place != first.end() && place->is_array() && place->size() == 2 &&
      place->back().is_string()) {
    error.param = place->back().get<std::string>();
    error.message = absl::StrCat(error.param, ": ", error.message);
  }
}

void ReadJson(const json& body, EngineError& error) {
  const auto nested = body.find("error");
  error.is_error_object =
      (nested != body.end() && !nested->is_null()) || TextOf(body, "object") == "error";
  if (nested != body.end() && nested->is_string()) {
    error.message = nested->get<std::string>();
    return;
  }
  const json& told = nested != body.end() && nested->is_object() ? *nested : body;
  error.message = TextOf(told, "message");
  error.type = TextOf(told, "type");
  error.code = TextOf(told, "code");
  error.param = TextOf(told, "param");
  if (const auto detail = told.find("detail"); error.message.empty() && detail != told.end()) {
    ReadDetail(*detail, error);
  }
}

std::string TitleOf(std::string_view html) {
  const std::string lower = absl::AsciiStrToLower(absl::string_view(html.data(), html.size()));
  const std::size_t begin = lower.find("<title>");
  const std::size_t end = lower.find("</title>");
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return "HTML";
  }
  return absl::StrFormat("HTML \"%s\"", html.substr(begin + 7, end - begin - 7));
}

bool Any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [text](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

struct LoweredError {
  std::string message;
  std::string labels;  // code and type
};

LoweredError Lower(const EngineError& error) {
  return {absl::AsciiStrToLower(error.message),
          absl::AsciiStrToLower(absl::StrCat(error.code, " ", error.type))};
}

bool IsQuota(const LoweredError& error) {
  if (Any(error.labels, {"rate_limit", "requests", "tokens"})) {
    return false;  // their messages recommend billing pages too
  }
  return Any(error.labels, {"insufficient_quota", "billing", "credit"}) ||
         Any(error.message,
             {"insufficient_quota", "exceeded your current quota", "insufficient balance",
              "insufficient credit", "credit balance is too low", "out of credits"});
}

bool IsContextOverflow(const LoweredError& error) {
  return Any(error.labels, {"context_length_exceeded", "exceed_context_size"}) ||
         Any(error.message,
             {"maximum context length", "context length", "context window", "context size",
              "prompt is too long", "input is too long", "too many tokens", "reduce the length"});
}

bool IsFiltered(const LoweredError& error) {
  return Any(error.labels, {"content_filter", "content_policy"}) ||
         Any(error.message, {"content management policy", "content policy", "content_filter"});
}

}  // namespace

EngineError ReadEngineError(int status, std::string_view body) {
  EngineError error;
  error.status = status;
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  error.is_html = first != std::string_view::npos && body[first] == '<';
  if (error.is_html) {
    error.message = TitleOf(body);
  } else if (const json parsed = json::parse(body, nullptr, false); parsed.is_object()) {
    ReadJson(parsed, error);
  }
  if (error.message.empty()) {
    error.message = std::string(body.substr(0, 4 * kLineMax));
  }
  if (status == 200) {
    int carried = 0;
    const bool is_status =
        absl::SimpleAtoi(error.code, &carried) && carried >= 400 && carried < 600;
    error.status = is_status ? carried : 0;
  }
  error.message = OneLine(error.message);
  return error;
}

Failure ClassifyEngineError(const EngineError& error) {
  const LoweredError lowered = Lower(error);
  switch (error.status) {
    case 401:
      return Failure::kAuthentication;
    case 402:
      return Failure::kQuota;
    case 403:
      return IsQuota(lowered) ? Failure::kQuota : Failure::kAuthentication;
    case 429:
      return IsQuota(lowered) ? Failure::kQuota : Failure::kRateLimited;
    case 400:
    case 413:
    case 422:
      break;
    default:
      if (error.status != 0) {
        return error.status < 400 ? Failure::kProtocol : Failure::kServer;
      }
  }
  if (IsContextOverflow(lowered)) {
    return Failure::kContextOverflow;
  }
  if (IsFiltered(lowered)) {
    return Failure::kRefused;
  }
  if (IsQuota(lowered)) {
    return Failure::kQuota;
  }
  if (Any(lowered.labels, {"rate_limit"})) {
    return Failure::kRateLimited;
  }
  const bool says_invalid = error.status != 0 || Any(lowered.labels, {"invalid_request"});
  return says_invalid ? Failure::kInvalidRequest : Failure::kServer;
}

absl::Status EngineErrorStatus(const EngineError& error) {
  const std::string message =
      absl::StrFormat("the engine answered %d: %s", error.status, error.message);
  switch (ClassifyEngineError(error)) {
    case Failure::kAuthentication:
      return absl::UnauthenticatedError(message);
    case Failure::kQuota:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

Failure ClassifyHttpEnd(HttpOutcome outcome) {
  switch (outcome) {
    case HttpOutcome::kComplete:
      return Failure::kNone;
    case HttpOutcome::kUnreachable:
    case HttpOutcome::kTls:
    case HttpOutcome::kConnectTimeout:
    case HttpOutcome::kBroken:
      return Failure::kConnection;
    case HttpOutcome::kIdleTimeout:
      return Failure::kEngineDown;    // it hangs: no fault of the query
    case HttpOutcome::kFirstTimeout:  // hung, or slow with this query: silence tells no more
    case HttpOutcome::kTotalTimeout:
      return Failure::kTimedOut;
    case HttpOutcome::kMalformed:
    case HttpOutcome::kTooLarge:
      return Failure::kProtocol;
    case HttpOutcome::kCancelled:
      return Failure::kCancelled;
  }
  return Failure::kProtocol;
}

std::optional<std::chrono::milliseconds> RetryAfter(const HttpHeaders& headers, WallTime now) {
  const auto number = [&headers](std::string_view name) -> std::optional<double> {
    double value = 0;
    const std::string text(HeaderValue(headers, name));
    if (!absl::SimpleAtod(text, &value) || !(value >= 0 && value < 1e9)) {
      return std::nullopt;
    }
    return value;
  };
  if (const std::optional<double> ms = number("retry-after-ms")) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
  }
  if (const std::optional<double> seconds = number("retry-after")) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  }
  absl::Time date;
  const std::string text(HeaderValue(headers, "retry-after"));
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &date, nullptr)) {
    return std::nullopt;
  }
  return std::max(std::chrono::milliseconds(0),
                  absl::ToChronoMilliseconds(date - absl::FromChrono(now)));
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, 4 * kLineMax)) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.size() > kLineMax) {
    std::size_t end = kLineMax;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) {
      --end;  // not in the middle of a character
    }
    line = line.substr(0, end) + "...";
  }
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

std::string Redacted(std::string text, const std::string& secret) {
  if (!secret.empty()) {
    absl::StrReplaceAll({{secret, "<redacted>"}}, &text);
  }
  return text;
}

}  // namespace wattfleet::agent
