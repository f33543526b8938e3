#include <array>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "common/http/curl_http_client.h"
#include "common/http/http_fetch.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;

std::string Sha256(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return absl::BytesToHexString(
      std::string(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// The fields of "Digest a="b", c=d".
std::map<std::string, std::string> DigestFields(std::string_view header) {
  std::map<std::string, std::string> fields;
  const std::string text(header);
  for (absl::string_view field : absl::StrSplit(absl::StripPrefix(text, "Digest "), ',')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(field, absl::MaxSplits('=', 1));
    fields[std::string(absl::StripAsciiWhitespace(pair.first))] =
        std::string(absl::StripPrefix(absl::StripSuffix(pair.second, "\""), "\""));
  }
  return fields;
}

// Whether the header proves the knowledge of "secret" (RFC 7616).
bool Proves(const ScriptedRequest& request) {
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end()) {
    return false;
  }
  auto f = DigestFields(header->second);
  const std::string user = Sha256(absl::StrCat(f["username"], ":", f["realm"], ":secret"));
  const std::string what = Sha256(absl::StrCat("GET:", request.path));
  return f["response"] == Sha256(absl::StrCat(user, ":", f["nonce"], ":", f["nc"], ":", f["cnonce"],
                                              ":", f["qop"], ":", what));
}

void AskForDigest(const ScriptedRequest& request, ScriptedConnection& connection) {
  if (Proves(request)) {
    connection.Answer(200, "text/plain", "welcome");
  } else {
    connection.Answer(401, "text/plain", "who are you?",
                      "WWW-Authenticate: Digest qop=\"auth\", realm=\"plug\", nonce=\"63f1\", "
                      "algorithm=SHA-256\r\n");
  }
}

absl::StatusOr<HttpResponse> Fetch(const std::string& url, HttpCredentials credentials) {
  const SystemClock clock;
  CurlHttpClient client(clock);
  HttpRequest request;
  request.url = url;
  request.credentials = std::move(credentials);
  return FetchHttp(client, std::move(request));
}

TEST(HttpCredentialsTest, DigestProvesThePasswordAndOnlyTheFinalAnswerIsSeen) {
  const ScriptedHttpServer server(AskForDigest);
  WF_ASSERT_OK_AND_ASSIGN(const HttpResponse response,
                          Fetch(server.base_url() + "/rpc?id=0",
                                {HttpCredentials::Scheme::kDigest, "admin", "secret"}));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "welcome");
}

TEST(HttpCredentialsTest, AWrongPasswordIsTheServersLastWord) {
  const ScriptedHttpServer server(AskForDigest);
  WF_ASSERT_OK_AND_ASSIGN(
      const HttpResponse response,
      Fetch(server.base_url() + "/rpc?id=0", {HttpCredentials::Scheme::kDigest, "admin", "wrong"}));

  EXPECT_EQ(response.status, 401);
}

TEST(HttpCredentialsTest, BasicCredentialsGoWithTheFirstRequest) {
  const ScriptedHttpServer server([](const ScriptedRequest& request, ScriptedConnection& c) {
    c.Answer(request.headers.at("authorization") == "Basic YWRtaW46c2VjcmV0" ? 200 : 401,
             "text/plain", "");
  });
  WF_ASSERT_OK_AND_ASSIGN(
      const HttpResponse response,
      Fetch(server.base_url(), {HttpCredentials::Scheme::kBasic, "admin", "secret"}));

  EXPECT_EQ(response.status, 200);
}

}  // namespace
}  // namespace wattfleet
