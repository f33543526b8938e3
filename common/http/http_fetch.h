#ifndef WF_COMMON_HTTP_HTTP_FETCH_H_
#define WF_COMMON_HTTP_HTTP_FETCH_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/http/http_client.h"

namespace wattfleet {

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;  // names in lower case
  std::string body;
};

// Makes a request and waits for the whole answer, whatever its HTTP status. Not from the client's
// own thread. UNAVAILABLE: unreachable, broken, not HTTP; DEADLINE_EXCEEDED; FAILED_PRECONDITION:
// no trust; RESOURCE_EXHAUSTED: answer too large; CANCELLED.
absl::StatusOr<HttpResponse> FetchHttp(HttpClient& client, HttpRequest request);

// OK for kComplete.
absl::Status ToStatus(const HttpEnd& end);

// Value of the first header of that name (lower case), or empty.
std::string_view HeaderValue(const HttpHeaders& headers, std::string_view name);

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_HTTP_FETCH_H_
