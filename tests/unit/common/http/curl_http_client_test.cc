#include "common/http/curl_http_client.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/http_fetch.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;
using testing::StatusIs;

// Everything that one exchange showed.
struct Seen {
  std::vector<MonotonicTime> sending;
  int status = 0;
  HttpHeaders headers;
  std::vector<std::pair<std::string, MonotonicTime>> reads;
  HttpEnd end;
  int ends = 0;
  absl::Notification ended;
  absl::Notification first_read;

  std::string body() const {
    std::string text;
    for (const auto& [bytes, at] : reads) {
      text += bytes;
    }
    return text;
  }
};

class Witness final : public HttpReceiver {
 public:
  // `flow` says what a read is worth.
  Witness(Seen& seen, std::function<HttpFlow(std::string_view)> flow)
      : seen_(seen), flow_(std::move(flow)) {}
  void OnSending(MonotonicTime at) override { seen_.sending.push_back(at); }
  void OnHead(int status, const HttpHeaders& headers) override {
    seen_.status = status;
    seen_.headers = headers;
  }
  HttpFlow OnBody(std::string_view bytes, MonotonicTime at) override {
    seen_.reads.emplace_back(bytes, at);
    if (!seen_.first_read.HasBeenNotified()) {
      seen_.first_read.Notify();
    }
    return flow_(bytes);
  }
  void OnEnd(const HttpEnd& end) override {
    seen_.end = end;
    ++seen_.ends;
    seen_.ended.Notify();
  }

 private:
  Seen& seen_;
  std::function<HttpFlow(std::string_view)> flow_;
};

HttpFlow AllCounts(std::string_view) {
  return HttpFlow::kProgress;
}

class CurlHttpClientTest : public ::testing::Test {
 protected:
  void Start(const std::string& url, Seen& seen, HttpRequest request = {},
             std::function<HttpFlow(std::string_view)> flow = AllCounts) {
    request.url = url;
    client_->Start(std::move(request), std::make_unique<Witness>(seen, std::move(flow)));
  }
  HttpOutcome OutcomeOf(const std::string& url, HttpRequest request = {},
                        std::function<HttpFlow(std::string_view)> flow = AllCounts) {
    Seen seen;
    Start(url, seen, std::move(request), std::move(flow));
    seen.ended.WaitForNotification();
    last_message_ = seen.end.message;
    return seen.end.outcome;
  }

  SystemClock clock_;
  std::unique_ptr<CurlHttpClient> client_ = std::make_unique<CurlHttpClient>(clock_);
  std::string last_message_;
};

TEST_F(CurlHttpClientTest, SendsMethodPathHeadersAndBody) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Answer(200, "text/plain", "hello", "X-Thing:  one two \r\n");
  });
  HttpRequest request;
  request.method = "POST";
  request.url = server.base_url() + "/a?b=c";
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer k"}};
  request.body = std::string("{\"a\": \"\0\"}", 11);

  WF_ASSERT_OK_AND_ASSIGN(const HttpResponse response, FetchHttp(*client_, request));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(HeaderValue(response.headers, "x-thing"), "one two");
  EXPECT_EQ(HeaderValue(response.headers, "absent"), "");
  const ScriptedRequest received = server.requests().at(0);
  EXPECT_EQ(received.method, "POST");
  EXPECT_EQ(received.path, "/a?b=c");
  EXPECT_EQ(received.headers.at("content-type"), "application/json");
  EXPECT_EQ(received.headers.at("authorization"), "Bearer k");
  EXPECT_EQ(received.body, request.body);
}

TEST_F(CurlHttpClientTest, SendsALargeBodyWithoutAskingToContinue) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Answer(200, "text/plain", "");
  });
  HttpRequest request;
  request.method = "POST";
  request.url = server.base_url();
  request.body = std::string(3U << 20, 'x');

  WF_ASSERT_OK(FetchHttp(*client_, request));

  EXPECT_EQ(server.requests().at(0).body.size(), request.body.size());
  EXPECT_FALSE(server.requests().at(0).headers.contains("expect"));
}

TEST_F(CurlHttpClientTest, GivesEachReadOnArrivalWithItsTime) {
  absl::Notification may_go_on;
  ScriptedHttpServer server([&](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.BeginChunked();
    connection.Chunk("one");
    may_go_on.WaitForNotification();
    connection.Chunk("two");
    connection.EndChunked();
  });
  const MonotonicTime before = clock_.MonotonicNow();
  Seen seen;
  Start(server.base_url(), seen);
  seen.first_read.WaitForNotification();
  const MonotonicTime between = clock_.MonotonicNow();
  may_go_on.Notify();
  seen.ended.WaitForNotification();

  EXPECT_EQ(seen.body(), "onetwo");
  ASSERT_EQ(seen.sending.size(), 1U);
  EXPECT_LE(before, seen.sending[0]);
  EXPECT_LE(seen.sending[0], seen.reads.front().second);
  EXPECT_LE(seen.reads.front().second, between);
  EXPECT_LE(between, seen.reads.back().second);
  EXPECT_LE(seen.reads.back().second, seen.end.at);
  EXPECT_EQ(seen.end.outcome, HttpOutcome::kComplete);
  EXPECT_EQ(seen.end.message, "");
}

TEST_F(CurlHttpClientTest, KeepsAConnectionForTheNextRequest) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Answer(200, "text/plain", "ok");
  });
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(OutcomeOf(server.base_url()), HttpOutcome::kComplete);
  }

  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlHttpClientTest, AnswersOverANewConnectionWhenTheKeptOneHasDied) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Answer(200, "text/plain", "ok");
    connection.Close();
  });
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(OutcomeOf(server.base_url()), HttpOutcome::kComplete) << last_message_;
  }
}

TEST_F(CurlHttpClientTest, RunsManyRequestsAtOnce) {
  constexpr int kRequests = 64;
  absl::Mutex mutex;
  int waiting = 0;
  ScriptedHttpServer server([&](const ScriptedRequest&, ScriptedConnection& connection) {
    {
      absl::MutexLock lock(&mutex);
      ++waiting;
      const auto all_here = [&] { return waiting == kRequests; };
      mutex.Await(absl::Condition(&all_here));
    }
    connection.Answer(200, "text/plain", "ok");
  });
  std::vector<Seen> seen(kRequests);
  for (Seen& one : seen) {
    Start(server.base_url(), one);
  }
  for (Seen& one : seen) {
    one.ended.WaitForNotification();
    EXPECT_EQ(one.end.outcome, HttpOutcome::kComplete);
  }
}

TEST_F(CurlHttpClientTest, TellsAClosedPortAndAnAddressThatIsNone) {
  const std::string closed = "http://127.0.0.1:" + std::to_string(testing::ClosedPort());

  EXPECT_EQ(OutcomeOf(closed), HttpOutcome::kUnreachable);
  EXPECT_THAT(last_message_, HasSubstr(closed));
  EXPECT_EQ(OutcomeOf("http://"), HttpOutcome::kUnreachable);
}

TEST_F(CurlHttpClientTest, TellsAConnectionThatBreaksFromAnAnswerThatEnds) {
  ScriptedHttpServer server([](const ScriptedRequest& request, ScriptedConnection& connection) {
    connection.Close();
    if (request.path == "/none") {
      return;
    }
    connection.BeginChunked();
    connection.Chunk("part");
    if (request.path == "/reset") {
      connection.Reset();
    }
    if (request.path == "/whole") {
      connection.EndChunked();
    }
  });

  EXPECT_EQ(OutcomeOf(server.base_url() + "/whole"), HttpOutcome::kComplete);
  EXPECT_EQ(OutcomeOf(server.base_url() + "/cut"), HttpOutcome::kBroken);
  EXPECT_EQ(OutcomeOf(server.base_url() + "/reset"), HttpOutcome::kBroken);
  EXPECT_EQ(OutcomeOf(server.base_url() + "/none"), HttpOutcome::kBroken);
}

TEST_F(CurlHttpClientTest, TellsAServerThatDoesNotSpeakHttp) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    connection.Close();
  });

  EXPECT_EQ(OutcomeOf(server.base_url()), HttpOutcome::kMalformed);
}

TEST_F(CurlHttpClientTest, EndsAtEachOfItsTimeLimits) {
  ScriptedHttpServer server([](const ScriptedRequest& request, ScriptedConnection& connection) {
    if (request.path != "/silent") {
      connection.BeginChunked();
      connection.Chunk("x");
    }
    connection.Hang();
  });
  HttpRequest first;
  first.timeouts.first = milliseconds(60);
  HttpRequest idle;
  idle.timeouts.idle = milliseconds(60);
  HttpRequest total;
  total.timeouts.total = milliseconds(60);

  EXPECT_EQ(OutcomeOf(server.base_url() + "/silent", first), HttpOutcome::kFirstTimeout);
  EXPECT_THAT(last_message_, HasSubstr("no answer began within 0.06 s"));
  EXPECT_EQ(OutcomeOf(server.base_url(), idle), HttpOutcome::kIdleTimeout);
  EXPECT_THAT(last_message_, HasSubstr("the answer stood still within 0.06 s"));
  EXPECT_EQ(OutcomeOf(server.base_url(), total), HttpOutcome::kTotalTimeout);
  EXPECT_EQ(OutcomeOf(server.base_url() + "/silent", total), HttpOutcome::kTotalTimeout);
}

TEST_F(CurlHttpClientTest, DoesNotCountPingsAsAnAnswer) {
  absl::Notification stop;
  ScriptedHttpServer server([&](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.BeginChunked();
    while (!connection.closing() && !stop.WaitForNotificationWithTimeout(absl::Milliseconds(5))) {
      connection.Chunk(": ping\n");
    }
    connection.Close();
  });
  HttpRequest request;
  request.timeouts.first = milliseconds(100);

  EXPECT_EQ(OutcomeOf(server.base_url(), request, [](auto) { return HttpFlow::kAwait; }),
            HttpOutcome::kFirstTimeout);
  stop.Notify();
}

TEST_F(CurlHttpClientTest, CompletesAnAnswerThatIsEnoughThoughTheServerHoldsOn) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.BeginChunked();
    connection.Chunk("[DONE]");
    connection.Hang();
  });

  EXPECT_EQ(OutcomeOf(server.base_url(), {}, [](auto) { return HttpFlow::kEnough; }),
            HttpOutcome::kComplete);
}

TEST_F(CurlHttpClientTest, RefusesAnAnswerOrAHeadOverTheLimit) {
  ScriptedHttpServer server([](const ScriptedRequest& request, ScriptedConnection& connection) {
    connection.Close();
    if (request.path == "/body") {
      connection.Answer(200, "text/plain", std::string(2000, 'x'));
    } else {
      connection.Answer(200, "text/plain", "",
                        "A: " + std::string(kHttpHeaderBytesMax, 'x') + "\r\n");
    }
  });
  HttpRequest request;
  request.response_bytes_max = 1999;

  EXPECT_EQ(OutcomeOf(server.base_url() + "/body", request), HttpOutcome::kTooLarge);
  EXPECT_EQ(OutcomeOf(server.base_url() + "/head"), HttpOutcome::kTooLarge);
}

TEST_F(CurlHttpClientTest, DoesNotFollowRedirects) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Answer(302, "text/plain", "", "Location: /elsewhere\r\n");
  });
  HttpRequest request;
  request.url = server.base_url();

  WF_ASSERT_OK_AND_ASSIGN(const HttpResponse response, FetchHttp(*client_, request));

  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(CurlHttpClientTest, SkipsInterimHeadsAndTrailers) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
    connection.Write("HTTP/1.1 201 Made\r\nX-Late: 2\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.Write("2\r\nok\r\n0\r\nX-Trailer: 3\r\n\r\n");
  });
  HttpRequest request;
  request.url = server.base_url();

  WF_ASSERT_OK_AND_ASSIGN(const HttpResponse response, FetchHttp(*client_, request));

  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(HeaderValue(response.headers, "x-late"), "2");
  EXPECT_EQ(HeaderValue(response.headers, "x-early"), "");
  EXPECT_EQ(HeaderValue(response.headers, "x-trailer"), "");
}

TEST_F(CurlHttpClientTest, CancelEndsWhatWasStartedBeforeAndNothingElse) {
  ScriptedHttpServer server([](const ScriptedRequest& request, ScriptedConnection& connection) {
    if (request.path == "/hang") {
      connection.Hang();
    } else {
      connection.Answer(200, "text/plain", "ok");
    }
  });
  std::vector<Seen> hanging(3);
  for (Seen& seen : hanging) {
    Start(server.base_url() + "/hang", seen);
  }

  client_->CancelAll();
  Seen later;
  Start(server.base_url(), later);

  for (Seen& seen : hanging) {
    seen.ended.WaitForNotification();
    EXPECT_EQ(seen.end.outcome, HttpOutcome::kCancelled);
  }
  later.ended.WaitForNotification();
  EXPECT_EQ(later.end.outcome, HttpOutcome::kComplete);
}

TEST_F(CurlHttpClientTest, DestructionEndsEverythingInFlightOnce) {
  ScriptedHttpServer server([](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.BeginChunked();
    connection.Chunk("x");
    connection.Hang();
  });
  std::vector<Seen> seen(8);
  for (Seen& one : seen) {
    Start(server.base_url(), one);
  }
  seen[0].first_read.WaitForNotification();

  client_.reset();

  for (const Seen& one : seen) {
    EXPECT_EQ(one.ends, 1);
    EXPECT_EQ(one.end.outcome, HttpOutcome::kCancelled);
  }
}

TEST_F(CurlHttpClientTest, FetchTurnsAnOutcomeIntoAStatus) {
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(testing::ClosedPort());

  EXPECT_THAT(FetchHttp(*client_, request),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(request.url)));
}

}  // namespace
}  // namespace wattfleet
