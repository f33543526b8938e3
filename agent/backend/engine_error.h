#ifndef WF_AGENT_BACKEND_ENGINE_ERROR_H_
#define WF_AGENT_BACKEND_ENGINE_ERROR_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "agent/backend/inference_backend.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// What an engine says went wrong, gathered from the shapes that engines use:
// {"error": {..}}, {"error": "text"}, {"object": "error", ..}, {"detail": ..}, {"message": ..},
// HTML, plain text.
struct EngineError {
  int status = 0;  // of HTTP; inside a stream of status 200, the number that the error carries or 0
  std::string message;  // one line
  std::string type;
  std::string code;
  std::string param;  // the parameter it is about
  bool is_html = false;
  bool is_error_object = false;  // JSON that says so itself, whatever the status
};

// The error that `body` tells of, whatever it looks like.
EngineError ReadEngineError(int status, std::string_view body);

// What it means for the request.
Failure ClassifyEngineError(const EngineError& error);

// The same, for questions that are no inference: who are you, what have you.
absl::Status EngineErrorStatus(const EngineError& error);

// How an exchange that ended without a whole answer failed.
Failure ClassifyHttpEnd(HttpOutcome outcome);

// What the headers Retry-After-Ms or Retry-After (seconds or a date) ask for.
std::optional<std::chrono::milliseconds> RetryAfter(const HttpHeaders& headers, WallTime now);

// `text` in one line of bounded length, fit for a log.
std::string OneLine(std::string_view text);

// `text` without `secret`.
std::string Redacted(std::string text, const std::string& secret);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_ENGINE_ERROR_H_
