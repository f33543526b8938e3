#ifndef WF_COMMON_HTTP_CURL_HTTP_CLIENT_H_
#define WF_COMMON_HTTP_CURL_HTTP_CLIENT_H_

#include <memory>
#include <string>
#include <thread>

#include "common/http/curl_http_options.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet {

// HttpClient over libcurl's multi interface, on one thread of its own. Connections are kept and
// reused; certificates, or a pinned key, are always verified; loopback addresses are never asked of
// a proxy, others go where the environment's proxy variables say. The number of concurrent requests
// is not limited here. The destructor cancels what is in flight, waits for its OnEnd, and joins.
class CurlHttpClient final : public HttpClient {
 public:
  // `clock` outlives this.
  explicit CurlHttpClient(const Clock& clock, CurlHttpOptions options = {});
  ~CurlHttpClient() override;
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  void Start(HttpRequest request, std::unique_ptr<HttpReceiver> receiver) override;
  void CancelAll() override;

 private:
  class Loop;
  const Clock& clock_;
  std::unique_ptr<Loop> loop_;
  std::jthread thread_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_CURL_HTTP_CLIENT_H_
