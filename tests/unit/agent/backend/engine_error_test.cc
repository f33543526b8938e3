#include "agent/backend/engine_error.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::StatusIs;

struct Case {
  int status;
  std::string body;
  Failure failure;
  std::string message;
};

TEST(EngineErrorTest, TellsTheKindsOfRefusalApart) {
  const std::vector<Case> cases = {
      {401, R"({"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})",
       Failure::kAuthentication, "Incorrect API key"},
      {403, R"({"error": {"message": "country not supported"}})", Failure::kAuthentication,
       "country not supported"},
      {403, R"({"error": {"message": "credit balance is too low"}})", Failure::kQuota,
       "credit balance is too low"},
      {402, R"({"error": {"message": "Insufficient Balance"}})", Failure::kQuota,
       "Insufficient Balance"},
      {429,
       R"({"error": {"message": "Rate limit reached. Add a payment method at /billing",)"
       R"( "type": "tokens", "code": "rate_limit_exceeded"}})",
       Failure::kRateLimited, "Rate limit reached. Add a payment method at /billing"},
      {429,
       R"({"error": {"message": "You exceeded your current quota",)"
       R"( "type": "insufficient_quota", "code": "insufficient_quota"}})",
       Failure::kQuota, "You exceeded your current quota"},
      {429, "slow down", Failure::kRateLimited, "slow down"},
      {400, R"({"error": {"message": "too long", "code": "context_length_exceeded"}})",
       Failure::kContextOverflow, "too long"},
      {400,
       R"({"error": {"code": 400, "message": "the request exceeds", )"
       R"("type": "exceed_context_size_error"}})",
       Failure::kContextOverflow, "the request exceeds"},
      {400,
       R"({"object": "error", "message": "This model's maximum context length is 4096 )"
       R"(tokens.", "type": "BadRequestError", "param": null, "code": 400})",
       Failure::kContextOverflow, "This model's maximum context length is 4096 tokens."},
      {413, R"({"error": {"message": "prompt is too long"}})", Failure::kContextOverflow,
       "prompt is too long"},
      {413,
       R"({"error": {"message": "Limit 6000, requested 9000", "type": "tokens",)"
       R"( "code": "rate_limit_exceeded"}})",
       Failure::kRateLimited, "Limit 6000, requested 9000"},
      {400, R"({"error": {"message": "filtered", "code": "content_filter"}})", Failure::kRefused,
       "filtered"},
      {400, R"({"error": {"message": "bad", "type": "invalid_request_error"}})",
       Failure::kInvalidRequest, "bad"},
      {422,
       R"({"detail": [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted",)"
       R"( "type": "extra_forbidden"}]})",
       Failure::kInvalidRequest, "top_k: Extra inputs are not permitted"},
      {422, R"({"detail": "no"})", Failure::kInvalidRequest, "no"},
      {500, R"({"error": "model runner has stopped"})", Failure::kServer,
       "model runner has stopped"},
      {503, R"({"error": {"message": "Loading model", "code": 503}})", Failure::kServer,
       "Loading model"},
      {404, R"({"message": "no such model"})", Failure::kServer, "no such model"},
      {502, "<html><head><title>502 Bad Gateway</title></head></html>", Failure::kServer,
       "HTML \"502 Bad Gateway\""},
      {302, "<html>moved</html>", Failure::kProtocol, "HTML"},
      {200, R"({"error": {"message": "boom", "code": 500}})", Failure::kServer, "boom"},
      {200, R"({"error": {"message": "boom"}})", Failure::kServer, "boom"},
      {200, R"({"error": {"message": "wait", "code": 429}})", Failure::kRateLimited, "wait"},
      {200, R"({"error": {"message": "wait", "code": "rate_limit_exceeded"}})",
       Failure::kRateLimited, "wait"},
      {200, R"({"error": {"message": "bad", "type": "invalid_request_error"}})",
       Failure::kInvalidRequest, "bad"},
      {500, "", Failure::kServer, ""},
  };
  for (const Case& c : cases) {
    const EngineError error = ReadEngineError(c.status, c.body);
    EXPECT_EQ(ClassifyEngineError(error), c.failure) << c.status << " " << c.body;
    EXPECT_EQ(error.message, c.message);
  }
}

TEST(EngineErrorTest, KeepsTheParameterThatIsBlamed) {
  EXPECT_EQ(ReadEngineError(400, R"({"error": {"message": "m", "param": "top_k"}})").param,
            "top_k");
  EXPECT_EQ(ReadEngineError(422, R"({"detail": [{"loc": ["body", "seed"], "msg": "m"}]})").param,
            "seed");
}

TEST(EngineErrorTest, AStatusSaysWhetherTheEngineIsBlockedOrOnlyNotUp) {
  EXPECT_THAT(EngineErrorStatus(ReadEngineError(401, "no")),
              StatusIs(absl::StatusCode::kUnauthenticated, "the engine answered 401: no"));
  EXPECT_THAT(EngineErrorStatus(ReadEngineError(402, "pay")),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("402")));
  EXPECT_THAT(EngineErrorStatus(ReadEngineError(503, R"({"error": {"message": "Loading"}})")),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Loading")));
}

TEST(EngineErrorTest, StandingStillIsTheEnginesFaultAndSlownessTheQuerys) {
  EXPECT_EQ(ClassifyHttpEnd(HttpOutcome::kIdleTimeout), Failure::kEngineDown);
  EXPECT_EQ(ClassifyHttpEnd(HttpOutcome::kFirstTimeout), Failure::kTimedOut);
  EXPECT_EQ(ClassifyHttpEnd(HttpOutcome::kTotalTimeout), Failure::kTimedOut);
  EXPECT_EQ(ClassifyHttpEnd(HttpOutcome::kConnectTimeout), Failure::kConnection);
}

TEST(RetryAfterTest, IsReadInEverySpelling) {
  const WallTime now = WallTime(std::chrono::seconds(784111777));  // Sun, 06 Nov 1994 08:49:37 GMT

  EXPECT_EQ(RetryAfter({{"retry-after", "7"}}, now), milliseconds(7000));
  EXPECT_EQ(RetryAfter({{"retry-after", "0.25"}}, now), milliseconds(250));
  EXPECT_EQ(RetryAfter({{"retry-after", "7"}, {"retry-after-ms", "150"}}, now), milliseconds(150));
  EXPECT_EQ(RetryAfter({{"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}}, now),
            milliseconds(10'000));
  EXPECT_EQ(RetryAfter({{"retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"}}, now), milliseconds(0));
  EXPECT_EQ(RetryAfter({{"retry-after", "soon"}}, now), std::nullopt);
  EXPECT_EQ(RetryAfter({{"retry-after", "-1"}}, now), std::nullopt);
  EXPECT_EQ(RetryAfter({}, now), std::nullopt);
}

TEST(OneLineTest, FoldsAndCutsBetweenCharacters) {
  EXPECT_EQ(OneLine("  a\r\n\tb \x01 c\n"), "a b c");
  std::string long_text(399, 'x');
  for (int i = 0; i < 10; ++i) {
    long_text += "\xc3\xa9";
  }
  EXPECT_EQ(OneLine(long_text), std::string(399, 'x') + "...");
}

TEST(RedactedTest, TakesTheSecretOutWhereverItIs) {
  EXPECT_EQ(Redacted("key sk-1 is wrong: sk-1", "sk-1"), "key <redacted> is wrong: <redacted>");
  EXPECT_EQ(Redacted("nothing", ""), "nothing");
}

}  // namespace
}  // namespace wattfleet::agent
