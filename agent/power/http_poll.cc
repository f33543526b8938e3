#include "agent/power/http_poll.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "agent/power/network_options.h"
#include "agent/power/remedy.h"
#include "agent/power/source_options.h"
#include "common/http/http_fetch.h"
#include "common/http/http_url.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

constexpr char kHttps[] = "https://";

absl::Status CheckPin(const std::string& pin) {
  constexpr char kAlgorithm[] = "sha256//";
  constexpr std::size_t kBytes = 32;
  std::string bytes;
  if (absl::StartsWith(pin, kAlgorithm) &&
      absl::Base64Unescape(pin.substr(sizeof(kAlgorithm) - 1), &bytes) && bytes.size() == kBytes) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "pin is \"%s\": \"sha256//\" and the base64 of the key's SHA-256 are needed", pin));
}

absl::StatusOr<HttpCredentials> ReadCredentials(const std::string& path,
                                                HttpCredentials::Scheme scheme) {
  WF_ASSIGN_OR_RETURN(const std::string line, ReadSecret(path));
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || colon == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected USER:PASSWORD on its first line"));
  }
  return HttpCredentials{scheme, line.substr(0, colon), line.substr(colon + 1)};
}

std::string PinRemedy(std::string_view place) {
  const std::string host(place);
  const std::string with_port = absl::StrContains(host, ':') ? host : host + ":443";
  return absl::StrFormat(
      "compare with what the device itself shows, then set pin: \"sha256//...\" to what this "
      "prints: openssl s_client -connect %s < /dev/null 2> /dev/null | openssl x509 -pubkey -noout "
      "| openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64",
      with_port);
}

absl::Status StatusOf(const std::string& url, int code) {
  if (code == 401 || code == 403) {
    return WithRemedy(
        absl::UnauthenticatedError(absl::StrFormat("%s refuses us (HTTP %d)", url, code)),
        "credentials_file: a file whose first line is USER:PASSWORD of an account that may read");
  }
  const absl::StatusCode status =
      code == 404 ? absl::StatusCode::kNotFound : absl::StatusCode::kUnavailable;
  return absl::Status(status, absl::StrFormat("%s answers HTTP %d", url, code));
}

}  // namespace

std::vector<std::string> WithHttpOptions(std::vector<std::string> own) {
  for (const char* name : {"url", "credentials_file", "pin", "ca_file", "timeout_ms"}) {
    own.emplace_back(name);
  }
  return own;
}

absl::StatusOr<HttpEndpoint> ReadHttpEndpoint(const SourceOptions& options,
                                              HttpCredentials::Scheme scheme,
                                              milliseconds timeout) {
  HttpEndpoint endpoint;
  endpoint.url = TextOption(options, "url", "");
  while (absl::EndsWith(endpoint.url, "/")) {
    endpoint.url.pop_back();
  }
  const bool is_tls = absl::StartsWith(endpoint.url, kHttps);
  const std::size_t host = endpoint.url.find("://");
  if (!is_tls && !absl::StartsWith(endpoint.url, "http://")) {
    return absl::InvalidArgumentError(
        absl::StrFormat("url is \"%s\": expected http:// or https://", endpoint.url));
  }
  if (endpoint.url.find('@') != std::string::npos) {
    return absl::InvalidArgumentError("url: put the user and password into credentials_file");
  }
  const std::string rest = endpoint.url.substr(host + 3);
  endpoint.place = rest.substr(0, rest.find_first_of("/?"));
  WF_ASSIGN_OR_RETURN(endpoint.timeout, MillisecondsOption(options, "timeout_ms", timeout,
                                                           milliseconds(50), milliseconds(30'000)));
  endpoint.trust.ca_file = TextOption(options, "ca_file", "");
  endpoint.trust.pinned_key = TextOption(options, "pin", "");
  if (!endpoint.trust.pinned_key.empty()) {
    WF_RETURN_IF_ERROR(CheckPin(endpoint.trust.pinned_key));
  }
  const std::string file = TextOption(options, "credentials_file", "");
  if (file.empty()) {
    return endpoint;
  }
  if (scheme == HttpCredentials::Scheme::kBasic && !is_tls && !IsLoopbackUrl(endpoint.url)) {
    return absl::InvalidArgumentError(
        absl::StrCat(endpoint.url, ": the password would be readable on the way; use https"));
  }
  WF_ASSIGN_OR_RETURN(endpoint.credentials, ReadCredentials(file, scheme));
  return endpoint;
}

HttpPoll::HttpPoll(HttpEndpoint endpoint)
    : endpoint_(std::move(endpoint)), client_(clock_, endpoint_.trust) {}

absl::StatusOr<std::string> HttpPoll::Get(const std::string& path, std::size_t bytes_max) {
  HttpRequest request;
  request.url = endpoint_.url + path;
  request.credentials = endpoint_.credentials;
  request.timeouts = {.connect = endpoint_.timeout,
                      .first = endpoint_.timeout,
                      .idle = endpoint_.timeout,
                      .total = endpoint_.timeout};
  request.response_bytes_max = bytes_max;
  absl::StatusOr<HttpResponse> response = FetchHttp(client_, std::move(request));
  if (absl::IsFailedPrecondition(response.status())) {
    return WithRemedy(response.status(), PinRemedy(endpoint_.place));
  }
  WF_RETURN_IF_ERROR(response.status());
  if (response->status != 200) {
    return StatusOf(endpoint_.url + path, response->status);
  }
  return std::move(response->body);
}

}  // namespace wattfleet::agent
