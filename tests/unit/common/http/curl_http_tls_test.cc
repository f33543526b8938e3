#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "common/http/curl_http_client.h"
#include "common/http/http_fetch.h"
#include "common/time/system_clock.h"
#include "tests/support/self_signed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

class CurlHttpTlsTest : public ::testing::Test {
 protected:
  CurlHttpTlsTest() {
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("secret", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
  }
  ~CurlHttpTlsTest() override { server_.stop(); }

  absl::StatusOr<HttpResponse> Fetch(CurlHttpOptions options) {
    CurlHttpClient client(clock_, options);
    HttpRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(port_) + "/";
    return FetchHttp(client, request);
  }

  SystemClock clock_;
  testing::TempDir dir_;
  testing::CertificateFiles files_ = testing::WriteSelfSigned(dir_);
  httplib::SSLServer server_{files_.certificate.c_str(), files_.key.c_str()};
  int port_ = 0;
  std::jthread thread_;
};

TEST_F(CurlHttpTlsTest, RefusesACertificateThatNobodyTrusts) {
  EXPECT_THAT(Fetch({}), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("certificate")));
}

TEST_F(CurlHttpTlsTest, AcceptsACertificateOfTheFileItWasGiven) {
  WF_ASSERT_OK_AND_ASSIGN(const HttpResponse response, Fetch({.ca_file = files_.certificate}));

  EXPECT_EQ(response.body, "secret");
}

TEST_F(CurlHttpTlsTest, AcceptsTheServerWhoseKeyIsPinnedThoughNobodySignedIt) {
  WF_ASSERT_OK_AND_ASSIGN(const HttpResponse response, Fetch({.pinned_key = files_.pin}));

  EXPECT_EQ(response.body, "secret");
}

TEST_F(CurlHttpTlsTest, RefusesAServerWithAnotherKeyThanThePinnedOneThoughItsCertificateIsTrusted) {
  const testing::TempDir other;

  EXPECT_THAT(
      Fetch({.ca_file = files_.certificate, .pinned_key = testing::WriteSelfSigned(other).pin}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("key")));
}

}  // namespace
}  // namespace wattfleet
