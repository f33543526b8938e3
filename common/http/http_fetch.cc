#include "common/http/http_fetch.h"

#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"

#include "common/status/status_macros.h"

namespace wattfleet {

namespace {

class Collector final : public HttpReceiver {
 public:
  struct Result {
    HttpResponse response;
    HttpEnd end;
    absl::Notification ended;
  };
  explicit Collector(Result& result) : result_(result) {}

  void OnSending(MonotonicTime) override {}
  void OnHead(int status, const HttpHeaders& headers) override {
    result_.response.status = status;
    result_.response.headers = headers;
  }
  HttpFlow OnBody(std::string_view bytes, MonotonicTime) override {
    result_.response.body.append(bytes);
    return HttpFlow::kProgress;
  }
  void OnEnd(const HttpEnd& end) override {
    result_.end = end;
    result_.ended.Notify();
  }

 private:
  Result& result_;
};

absl::StatusCode CodeOf(HttpOutcome outcome) {
  switch (outcome) {
    case HttpOutcome::kComplete:
      return absl::StatusCode::kOk;
    case HttpOutcome::kUnreachable:
    case HttpOutcome::kBroken:
    case HttpOutcome::kMalformed:
      return absl::StatusCode::kUnavailable;
    case HttpOutcome::kTls:
      return absl::StatusCode::kFailedPrecondition;
    case HttpOutcome::kConnectTimeout:
    case HttpOutcome::kFirstTimeout:
    case HttpOutcome::kIdleTimeout:
    case HttpOutcome::kTotalTimeout:
      return absl::StatusCode::kDeadlineExceeded;
    case HttpOutcome::kTooLarge:
      return absl::StatusCode::kResourceExhausted;
    case HttpOutcome::kCancelled:
      return absl::StatusCode::kCancelled;
  }
  return absl::StatusCode::kUnknown;
}

}  // namespace

absl::StatusOr<HttpResponse> FetchHttp(HttpClient& client, HttpRequest request) {
  Collector::Result result;
  client.Start(std::move(request), std::make_unique<Collector>(result));
  result.ended.WaitForNotification();
  WF_RETURN_IF_ERROR(ToStatus(result.end));
  return std::move(result.response);
}

absl::Status ToStatus(const HttpEnd& end) {
  return absl::Status(CodeOf(end.outcome), end.message);
}

std::string_view HeaderValue(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

}  // namespace wattfleet
