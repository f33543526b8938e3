#ifndef WF_COMMON_HTTP_HTTP_CLIENT_H_
#define WF_COMMON_HTTP_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/time/clock.h"

namespace wattfleet {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpTimeouts {
  std::chrono::milliseconds connect{5'000};  // from Start until a connection is there, TLS done
  std::chrono::milliseconds first{120'000};  // from sending until the first kProgress
  std::chrono::milliseconds idle{60'000};    // from one kProgress to the next
  std::chrono::milliseconds total{600'000};  // from Start to the end
};

struct HttpCredentials {
  enum class Scheme {
    kBasic,   // the password is readable on the way: over TLS or loopback only
    kDigest,  // proves that the password is known; costs a second request each time
  };
  Scheme scheme = Scheme::kBasic;
  std::string user;
  std::string password;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;
  std::optional<HttpCredentials> credentials;
  HttpTimeouts timeouts;
  std::size_t response_bytes_max = 64U << 20;
};

// What the receiver makes of the bytes it was given.
enum class HttpFlow {
  kAwait,     // nothing that counts (a keep-alive ping, a header): the clock of `first` or `idle`
              // runs on
  kProgress,  // something that counts
  kEnough,    // the answer is complete: the rest is read off for a moment, to keep the connection
};

enum class HttpOutcome {
  kComplete,
  kUnreachable,  // no such host, or refused
  kTls,          // no trust, or no common version
  kConnectTimeout,
  kFirstTimeout,
  kIdleTimeout,
  kTotalTimeout,
  kBroken,     // closed or reset before the end
  kMalformed,  // not HTTP
  kTooLarge,   // over response_bytes_max, or headers over kHttpHeaderBytesMax
  kCancelled,
};

inline constexpr std::size_t kHttpHeaderBytesMax = 64U << 10;

struct HttpEnd {
  HttpOutcome outcome = HttpOutcome::kComplete;
  MonotonicTime at{};
  std::string message;  // one line; empty with kComplete
};

// Sees one exchange, in this order, each stamped when it happened. All calls on the client's
// thread; none may block. A receiver may start other requests, and is destroyed after OnEnd.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // Connected, and about to write the request. Called again when a kept connection turns out dead
  // and the request is written to another.
  virtual void OnSending(MonotonicTime at) = 0;
  // Status from 200 up; names are lower case. Redirects are not followed. With kDigest called again
  // for the answer that follows the server's challenge.
  virtual void OnHead(int status, const HttpHeaders& headers) = 0;
  // What one read from the socket brought.
  virtual HttpFlow OnBody(std::string_view bytes, MonotonicTime at) = 0;
  // Last call, exactly once.
  virtual void OnEnd(const HttpEnd& end) = 0;
};

// Makes HTTP/1.1 requests. Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual void Start(HttpRequest request, std::unique_ptr<HttpReceiver> receiver) = 0;
  // Ends every request started before with kCancelled, soon.
  virtual void CancelAll() = 0;
};

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_HTTP_CLIENT_H_
