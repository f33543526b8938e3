#ifndef WF_COMMON_HTTP_CURL_TRANSFER_H_
#define WF_COMMON_HTTP_CURL_TRANSFER_H_

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <curl/curl.h>

#include "common/http/curl_http_options.h"
#include "common/http/http_client.h"
#include "common/time/clock.h"

namespace wattfleet {

struct FreeCurlEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, FreeCurlEasy>;

// One request on its way through libcurl: sets up the handle, feeds the receiver, knows which
// deadline is next. Confined to the client's thread.
class CurlTransfer {
 public:
  CurlTransfer(HttpRequest request, std::unique_ptr<HttpReceiver> receiver, const Clock& clock);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Prepares `easy` for this request.
  void Attach(CurlEasy easy, const CurlHttpOptions& options);
  CURL* easy() const { return easy_.get(); }
  // Gives the handle back, cleared, for another transfer.
  CurlEasy Detach();

  // When the transfer is over unless something happens, and how it ends then.
  MonotonicTime deadline() const;
  HttpEnd Expired() const;
  // What libcurl's word at the end means.
  HttpEnd Finished(CURLcode code) const;

  // Tells the receiver. Once.
  void End(HttpEnd end);

 private:
  enum class Phase { kConnecting, kAwaitingFirst, kFlowing, kDraining };

  static int OnPrereq(void* self, char*, char*, int, int);
  static std::size_t OnHeader(char* bytes, std::size_t, std::size_t n, void* self);
  static std::size_t OnWrite(char* bytes, std::size_t, std::size_t n, void* self);
  void SetOptions();
  void SetTrust(const CurlHttpOptions& options);
  void SetCredentials(const HttpCredentials& credentials);
  bool TakeHeader(std::string_view line);
  bool TakeBody(std::string_view bytes);
  std::string Say(std::string_view what, std::chrono::milliseconds limit) const;

  const Clock& clock_;
  const HttpRequest request_;
  const std::unique_ptr<HttpReceiver> receiver_;
  const MonotonicTime started_;
  CurlEasy easy_;
  curl_slist* header_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Phase phase_ = Phase::kConnecting;
  MonotonicTime phase_since_{};
  HttpHeaders headers_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool head_given_ = false;
  bool too_large_ = false;
};

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_CURL_TRANSFER_H_
