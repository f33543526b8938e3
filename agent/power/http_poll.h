#ifndef WF_AGENT_POWER_HTTP_POLL_H_
#define WF_AGENT_POWER_HTTP_POLL_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/power/power_config.h"
#include "common/http/curl_http_client.h"
#include "common/http/http_client.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

// Where a source asks over HTTP, and as whom.
struct HttpEndpoint {
  std::string url;    // without a slash at its end
  std::string place;  // HOST or HOST:PORT, for names
  std::optional<HttpCredentials> credentials;
  CurlHttpOptions trust;
  std::chrono::milliseconds timeout{0};  // of a whole exchange
};

// The options that every such source has beside its own: url, credentials_file, pin, ca_file,
// timeout_ms.
std::vector<std::string> WithHttpOptions(std::vector<std::string> own);

// What the options say. INVALID_ARGUMENT: no url or not one, a pin of another form, or credentials
// that would be readable on the way; errors of the credentials' file, which holds USER:PASSWORD.
absl::StatusOr<HttpEndpoint> ReadHttpEndpoint(const SourceOptions& options,
                                              HttpCredentials::Scheme scheme,
                                              std::chrono::milliseconds timeout);

// Asks one server again and again, for one thread that may wait. Errors say what would mend them
// (RemedyOf).
class HttpPoll {
 public:
  explicit HttpPoll(HttpEndpoint endpoint);

  const HttpEndpoint& endpoint() const { return endpoint_; }

  // The body of the answer 200. UNAUTHENTICATED for 401 and 403, NOT_FOUND for 404, UNAVAILABLE for
  // any other status, FAILED_PRECONDITION without trust, RESOURCE_EXHAUSTED beyond `bytes_max`, and
  // what FetchHttp says.
  absl::StatusOr<std::string> Get(const std::string& path, std::size_t bytes_max = 1U << 20);

 private:
  SystemClock clock_;
  const HttpEndpoint endpoint_;
  CurlHttpClient client_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_HTTP_POLL_H_
