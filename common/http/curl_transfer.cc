#include "common/http/curl_transfer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

#include "common/check/check.h"
#include "common/http/http_url.h"

namespace wattfleet {

namespace {

using std::chrono::milliseconds;

// How long the rest of a complete answer is waited for, to keep its connection.
constexpr milliseconds kDrain{250};

HttpOutcome OutcomeOf(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpOutcome::kComplete;
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return HttpOutcome::kUnreachable;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpOutcome::kConnectTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_PEER_FAILED_VERIFICATION:
      return HttpOutcome::kTls;
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: bytes without a head
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return HttpOutcome::kMalformed;
    default:
      return HttpOutcome::kBroken;
  }
}

}  // namespace

CurlTransfer::CurlTransfer(HttpRequest request, std::unique_ptr<HttpReceiver> receiver,
                           const Clock& clock)
    : clock_(clock),
      request_(std::move(request)),
      receiver_(std::move(receiver)),
      started_(clock.MonotonicNow()),
      phase_since_(started_) {}

CurlTransfer::~CurlTransfer() {
  curl_slist_free_all(header_list_);
}

void CurlTransfer::Attach(CurlEasy easy, const CurlHttpOptions& options) {
  easy_ = std::move(easy);
  WF_CHECK(easy_ != nullptr);
  for (const auto& [name, value] : request_.headers) {
    header_list_ = curl_slist_append(header_list_, absl::StrFormat("%s: %s", name, value).c_str());
  }
  // An empty value takes the header out: no waiting for "100 Continue" before a large body.
  header_list_ = curl_slist_append(header_list_, "Expect:");
  SetOptions();
  SetTrust(options);
  if (request_.credentials) {
    SetCredentials(*request_.credentials);
  }
}

void CurlTransfer::SetTrust(const CurlHttpOptions& options) {
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy_.get(), CURLOPT_CAINFO, options.ca_file.c_str());
  }
  if (!options.pinned_key.empty()) {
    curl_easy_setopt(easy_.get(), CURLOPT_PINNEDPUBLICKEY, options.pinned_key.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy_.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void CurlTransfer::SetCredentials(const HttpCredentials& credentials) {
  const bool is_digest = credentials.scheme == HttpCredentials::Scheme::kDigest;
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPAUTH, is_digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC);
  curl_easy_setopt(easy_.get(), CURLOPT_USERNAME, credentials.user.c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_PASSWORD, credentials.password.c_str());
}

void CurlTransfer::SetOptions() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request_.timeouts.connect.count()));
  if (request_.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
  } else {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (IsLoopbackUrl(request_.url)) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlTransfer::OnPrereq);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::OnWrite);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

CurlEasy CurlTransfer::Detach() {
  curl_easy_reset(easy_.get());
  return std::move(easy_);
}

int CurlTransfer::OnPrereq(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.phase_ = Phase::kAwaitingFirst;
  transfer.phase_since_ = transfer.clock_.MonotonicNow();
  transfer.receiver_->OnSending(transfer.phase_since_);
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlTransfer::OnHeader(char* bytes, std::size_t, std::size_t n, void* self) {
  return static_cast<CurlTransfer*>(self)->TakeHeader({bytes, n}) ? n : 0;
}

std::size_t CurlTransfer::OnWrite(char* bytes, std::size_t, std::size_t n, void* self) {
  return static_cast<CurlTransfer*>(self)->TakeBody({bytes, n}) ? n : 0;
}

bool CurlTransfer::TakeHeader(std::string_view line) {
  if (head_given_ && request_.credentials && line.substr(0, 5) == "HTTP/") {
    head_given_ = false;  // the answer that follows a challenge
  }
  if (head_given_) {
    return true;  // a trailer
  }
  header_bytes_ += line.size();
  if (header_bytes_ > kHttpHeaderBytesMax) {
    too_large_ = true;
    return false;
  }
  const absl::string_view text =
      absl::StripAsciiWhitespace(absl::string_view(line.data(), line.size()));
  const std::size_t colon = text.find(':');
  if (text.empty()) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200) {
      head_given_ = true;
      receiver_->OnHead(static_cast<int>(status), headers_);
    }
    headers_.clear();
  } else if (colon != absl::string_view::npos && text.substr(0, 5) != "HTTP/") {
    headers_.emplace_back(absl::AsciiStrToLower(text.substr(0, colon)),
                          absl::StripAsciiWhitespace(text.substr(colon + 1)));
  }
  return true;
}

bool CurlTransfer::TakeBody(std::string_view bytes) {
  const MonotonicTime at = clock_.MonotonicNow();
  body_bytes_ += bytes.size();
  if (body_bytes_ > request_.response_bytes_max) {
    too_large_ = true;
    return false;
  }
  if (phase_ == Phase::kDraining) {
    return true;
  }
  const HttpFlow flow = receiver_->OnBody(bytes, at);
  if (flow != HttpFlow::kAwait) {
    phase_ = flow == HttpFlow::kEnough ? Phase::kDraining : Phase::kFlowing;
    phase_since_ = at;
  }
  return true;
}

MonotonicTime CurlTransfer::deadline() const {
  milliseconds limit{0};
  switch (phase_) {
    case Phase::kConnecting:
      limit = request_.timeouts.connect;
      break;
    case Phase::kAwaitingFirst:
      limit = request_.timeouts.first;
      break;
    case Phase::kFlowing:
      limit = request_.timeouts.idle;
      break;
    case Phase::kDraining:
      limit = kDrain;
      break;
  }
  return std::min(phase_since_ + limit, started_ + request_.timeouts.total);
}

HttpEnd CurlTransfer::Expired() const {
  HttpEnd end;
  end.at = clock_.MonotonicNow();
  if (phase_ == Phase::kDraining) {
    return end;
  }
  if (end.at >= started_ + request_.timeouts.total) {
    end.outcome = HttpOutcome::kTotalTimeout;
    end.message = Say("not complete", request_.timeouts.total);
  } else if (phase_ == Phase::kConnecting) {
    end.outcome = HttpOutcome::kConnectTimeout;
    end.message = Say("no connection", request_.timeouts.connect);
  } else if (phase_ == Phase::kAwaitingFirst) {
    end.outcome = HttpOutcome::kFirstTimeout;
    end.message = Say("no answer began", request_.timeouts.first);
  } else {
    end.outcome = HttpOutcome::kIdleTimeout;
    end.message = Say("the answer stood still", request_.timeouts.idle);
  }
  return end;
}

HttpEnd CurlTransfer::Finished(CURLcode code) const {
  HttpEnd end;
  end.at = clock_.MonotonicNow();
  if (phase_ == Phase::kDraining) {
    return end;
  }
  end.outcome = too_large_ ? HttpOutcome::kTooLarge : OutcomeOf(code);
  if (end.outcome == HttpOutcome::kTooLarge) {
    end.message = absl::StrFormat("%s: the answer is larger than allowed", request_.url);
  } else if (end.outcome != HttpOutcome::kComplete) {
    const std::string_view said(error_.data());
    end.message = absl::StrFormat("%s: %s", request_.url,
                                  said.empty() ? curl_easy_strerror(code) : error_.data());
  }
  return end;
}

std::string CurlTransfer::Say(std::string_view what, milliseconds limit) const {
  return absl::StrFormat("%s: %s within %g s", request_.url, what,
                         static_cast<double>(limit.count()) / 1000);
}

void CurlTransfer::End(HttpEnd end) {
  receiver_->OnEnd(end);
}

}  // namespace wattfleet
