#include "agent/backend/openai/openai_backend.h"

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/http/curl_http_client.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/agent/backend/openai_fixture.h"

namespace wattfleet::agent {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;
using testing::StatusIs;

TEST_F(OpenAiBackendTest, PutsAStreamTogether) {
  const InferenceReply reply =
      AskOf(Streaming({kRole, ContentEvent("The answer"), ContentEvent(" is (A)."),
                       FinishEvent("stop"), kUsage, kDone}));

  EXPECT_EQ(reply.failure, Failure::kNone);
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.finish, Finish::kStop);
  EXPECT_EQ(reply.body.content, "The answer is (A).");
  EXPECT_EQ(reply.body.reasoning, "");
  EXPECT_EQ(reply.input_tokens, 9);
  EXPECT_EQ(reply.output_tokens, 5);
  EXPECT_EQ(reply.token_source, TokenSource::kEngine);
  EXPECT_EQ(reply.flags, 0U);
  ASSERT_EQ(reply.body.chunks.size(), 2U);
  EXPECT_GT(reply.ttft_ns, 0);
  EXPECT_EQ(reply.ttft_ns, reply.body.chunks[0].since_sent_ns);
  EXPECT_LE(reply.body.chunks[0].since_sent_ns, reply.body.chunks[1].since_sent_ns);
  EXPECT_EQ((reply.done - reply.sent).count(), reply.body.chunks[1].since_sent_ns);
}

TEST_F(OpenAiBackendTest, AsksForAStreamOfTheModelWithUsage) {
  OpenAiOptions options;
  options.ref = "llama-3.1-8b";
  options.api_key = "sk-secret";
  Open(Streaming({kWholeAnswer}), options);
  Ask();

  const ScriptedRequest request = server_->requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/v1/chat/completions");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer sk-secret");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  const json body = json::parse(request.body);
  EXPECT_EQ(body["model"], "llama-3.1-8b");
  EXPECT_EQ(body["stream_options"]["include_usage"], true);
  EXPECT_EQ(body["messages"].size(), 1U);
}

TEST_F(OpenAiBackendTest, SendsNoAuthorizationWithoutAKey) {
  AskOf(Streaming({kWholeAnswer}));

  EXPECT_FALSE(server_->requests().at(0).headers.contains("authorization"));
}

TEST_F(OpenAiBackendTest, ReadsAStreamHoweverItIsCut) {
  const std::string crlf = ": ping\r\n\r\n" + std::string("data: ") +
                           R"({"choices": [{"delta": {"content": "The answer is (A)."}}]})" +
                           "\r\n\r\ndata: " + R"({"choices": [{"finish_reason": "stop"}]})" +
                           "\r\n\r\ndata: [DONE]\r\n\r\n";
  for (const std::string& text : {kWholeAnswer, crlf, ": ping\n\n: ping\n\n" + kWholeAnswer}) {
    EXPECT_EQ(AskOf(Streaming({text})).body.content, "The answer is (A).");
    const InferenceReply reply = AskOf([&](const ScriptedRequest&, ScriptedConnection& connection) {
      connection.Write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
      connection.Write("Content-Length: " + std::to_string(text.size()) + "\r\n\r\n");
      connection.Trickle(text);
    });
    EXPECT_EQ(reply.failure, Failure::kNone) << reply.error;
    EXPECT_EQ(reply.body.content, "The answer is (A).");
  }
}

TEST_F(OpenAiBackendTest, StampsAChunkWhenItArrivesNotWhenTheNextOneDoes) {
  absl::Notification go_on;
  Open([&](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.BeginChunked();
    connection.Chunk(ContentEvent("first"));
    go_on.WaitForNotificationWithTimeout(absl::Milliseconds(60));
    connection.Chunk(ContentEvent("second") + FinishEvent("stop") + kDone);
    connection.EndChunked();
  });

  const InferenceReply reply = Ask();

  ASSERT_EQ(reply.body.chunks.size(), 2U);
  EXPECT_GE(reply.body.chunks[1].since_sent_ns - reply.body.chunks[0].since_sent_ns, 50'000'000);
}

TEST_F(OpenAiBackendTest, KeepsReasoningApartUnderEachOfItsNames) {
  const std::vector<std::string> ways = {
      SseEvent(R"({"choices": [{"delta": {"reasoning_content": "hm"}}]})") + ContentEvent("(A)"),
      SseEvent(R"({"choices": [{"delta": {"reasoning": "hm"}}]})") + ContentEvent("(A)"),
      ContentEvent("<think>") + ContentEvent("hm") + ContentEvent("</think>") +
          ContentEvent("\\n\\n(A)"),
      ContentEvent("hm") + ContentEvent("</think>") + ContentEvent("\\n\\n(A)")};
  for (const std::string& way : ways) {
    const InferenceReply reply = AskOf(Streaming({way, FinishEvent("stop"), kDone}));
    EXPECT_EQ(reply.body.reasoning, "hm") << way;
    EXPECT_EQ(reply.body.content, "(A)") << way;
    EXPECT_EQ(reply.body.chunks.front().kind, ChunkKind::kReasoning);
    EXPECT_EQ(reply.body.chunks.back().kind, ChunkKind::kContent);
    EXPECT_LE(reply.ttft_ns, reply.ttfo_ns);
  }
}

TEST_F(OpenAiBackendTest, CountsHiddenReasoningWhereTheEngineTells) {
  const InferenceReply reply =
      AskOf(Streaming({ContentEvent("(A)"), FinishEvent("stop"),
                       SseEvent(R"({"choices": [], "usage": {"completion_tokens": 90,)"
                                R"( "completion_tokens_details": {"reasoning_tokens": 88}}})"),
                       kDone}));

  EXPECT_EQ(reply.body.reasoning, "");
  EXPECT_EQ(reply.reasoning_tokens, 88);
}

TEST_F(OpenAiBackendTest, EstimatesTokensWhenUsageNeverComes) {
  const InferenceReply reply = AskOf(Streaming({kRole, ContentEvent("a"), ContentEvent("b"),
                                                ContentEvent("c"), FinishEvent("stop"), kDone}));

  EXPECT_EQ(reply.output_tokens, 3);
  EXPECT_EQ(reply.input_tokens, std::nullopt);
  EXPECT_EQ(reply.token_source, TokenSource::kEstimated);
  EXPECT_EQ(reply.flags, kFlagTokensEstimated);
}

TEST_F(OpenAiBackendTest, AnswersWithToolCallsAloneAreEmpty) {
  const InferenceReply reply = AskOf(
      Streaming({kRole, SseEvent(R"({"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]})"),
                 FinishEvent("tool_calls"), kDone}));

  EXPECT_EQ(reply.failure, Failure::kNone);
  EXPECT_EQ(reply.body.content, "");
  EXPECT_TRUE(reply.body.chunks.empty());
}

TEST_F(OpenAiBackendTest, FlagsACutAnswer) {
  const InferenceReply reply =
      AskOf(Streaming({ContentEvent("a"), FinishEvent("length"), kUsage, kDone}));

  EXPECT_EQ(reply.failure, Failure::kNone);
  EXPECT_EQ(reply.finish, Finish::kLength);
  EXPECT_EQ(reply.flags, kFlagTruncated);
}

TEST_F(OpenAiBackendTest, ReportsARefusalToAnswer) {
  const InferenceReply filtered = AskOf(Streaming({FinishEvent("content_filter"), kDone}));
  EXPECT_EQ(filtered.failure, Failure::kRefused);
  EXPECT_EQ(filtered.finish, Finish::kFiltered);

  const InferenceReply refusal =
      AskOf(Streaming({SseEvent(R"({"choices": [{"delta": {"refusal": "I can't."}}]})"),
                       FinishEvent("stop"), kDone}));
  EXPECT_EQ(refusal.failure, Failure::kRefused);
  EXPECT_EQ(refusal.body.content, "I can't.");
}

TEST_F(OpenAiBackendTest, AnEndWithoutDoneCountsOnceTheModelHasFinished) {
  EXPECT_EQ(AskOf(Streaming({ContentEvent("a"), FinishEvent("stop")})).failure, Failure::kNone);
  EXPECT_EQ(AskOf(Streaming({ContentEvent("a"), kDone})).failure, Failure::kNone);
  EXPECT_EQ(AskOf(Streaming({ContentEvent("a"), "data: [DONE]"})).failure, Failure::kNone);
}

TEST_F(OpenAiBackendTest, AnEndBeforeTheModelHasFinishedIsABrokenConnection) {
  const InferenceReply early = AskOf(Streaming({kRole, ContentEvent("a")}));
  EXPECT_EQ(early.failure, Failure::kConnection);
  EXPECT_THAT(early.error, HasSubstr("before the answer was complete"));

  for (const bool reset : {false, true}) {
    const InferenceReply cut =
        AskOf([reset](const ScriptedRequest&, ScriptedConnection& connection) {
          connection.BeginChunked();
          connection.Chunk(ContentEvent("a"));
          connection.Close();
          if (reset) {
            connection.Reset();
          }
        });
    EXPECT_EQ(cut.failure, Failure::kConnection);
  }
}

TEST_F(OpenAiBackendTest, DoesNotWaitForAServerThatHoldsOnAfterDone) {
  InferenceRequest request;
  request.timeouts.query = std::chrono::hours(1);
  request.timeouts.idle = std::chrono::hours(1);
  const InferenceReply reply = AskOf(
      [](const ScriptedRequest&, ScriptedConnection& connection) {
        connection.BeginChunked();
        connection.Chunk(kWholeAnswer);
        connection.Hang();
      },
      request);

  EXPECT_EQ(reply.failure, Failure::kNone);
}

TEST_F(OpenAiBackendTest, RecognisesAnErrorInsideAStreamOfStatus200) {
  const std::vector<std::pair<std::string, Failure>> events = {
      {SseEvent(R"({"error": {"message": "CUDA out of memory", "code": 500}})"), Failure::kServer},
      {SseEvent(R"({"object": "error", "message": "CUDA out of memory", "code": 400})"),
       Failure::kInvalidRequest},
      {"event: error\n" + SseEvent(R"({"message": "CUDA out of memory"})"), Failure::kServer},
      {"error: {\"message\": \"CUDA out of memory\", \"code\": 503}\n\n", Failure::kServer}};
  for (const auto& [event, failure] : events) {
    const InferenceReply reply = AskOf(Streaming({kRole, ContentEvent("a"), event}));
    EXPECT_EQ(reply.failure, failure) << event;
    EXPECT_EQ(reply.error, "CUDA out of memory") << event;
  }
}

TEST_F(OpenAiBackendTest, NamesWhatCameInsteadOfAStream) {
  struct Case {
    std::string type;
    std::string body;
    Failure failure;
    std::string error;
  };
  const std::vector<Case> cases = {
      {"text/html", "<!doctype html><title>Sign in</title>", Failure::kProtocol,
       "the engine answered HTML \"Sign in\" instead of an event stream"},
      {"application/json", R"({"choices": [{"message": {"content": "a"}}]})", Failure::kProtocol,
       "the engine did not stream its answer"},
      {"application/json", R"({"error": {"message": "overloaded"}})", Failure::kServer,
       "overloaded"},
      {"text/event-stream", "data: garbage\n\n", Failure::kProtocol, "garbage"},
      {"text/plain", "hello", Failure::kProtocol, "did not answer with an event stream"},
      {"text/plain", "", Failure::kProtocol, "the engine answered with nothing"}};
  for (const Case& c : cases) {
    const InferenceReply reply = AskOf(Answering(200, c.type, c.body));
    EXPECT_EQ(reply.failure, c.failure) << c.body;
    EXPECT_THAT(reply.error, HasSubstr(c.error));
  }
}

TEST_F(OpenAiBackendTest, ReadsEventsUnderAnotherContentType) {
  EXPECT_EQ(AskOf(Answering(200, "text/plain", kWholeAnswer)).body.content, "The answer is (A).");
}

TEST_F(OpenAiBackendTest, TellsServerErrorsFromRefusals) {
  EXPECT_EQ(AskOf(Answering(500, "text/plain", "oops")).failure, Failure::kServer);
  EXPECT_EQ(AskOf(Answering(503, "text/html", "<html></html>")).failure, Failure::kServer);
  EXPECT_EQ(AskOf(Answering(401, "text/plain", "who?")).failure, Failure::kAuthentication);
  EXPECT_EQ(AskOf(Answering(400, "application/json",
                            R"({"error": {"message": "no", "code": "context_length_exceeded"}})"))
                .failure,
            Failure::kContextOverflow);
  EXPECT_EQ(AskOf(Answering(429, "application/json",
                            R"({"error": {"message": "no", "code": "insufficient_quota"}})"))
                .failure,
            Failure::kQuota);
}

TEST_F(OpenAiBackendTest, PassesOnHowLongToWaitWithARateLimit) {
  const InferenceReply seconds = AskOf(Answering(429, "text/plain", "slow", "Retry-After: 7\r\n"));
  EXPECT_EQ(seconds.failure, Failure::kRateLimited);
  EXPECT_EQ(seconds.retry_after, milliseconds(7000));
  const InferenceReply past =
      AskOf(Answering(429, "text/plain", "slow", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  EXPECT_EQ(past.retry_after, milliseconds(0));
  const InferenceReply unsaid = AskOf(Answering(429, "text/plain", "slow"));
  EXPECT_EQ(unsaid.retry_after, std::nullopt);
}

TEST_F(OpenAiBackendTest, NeverShowsItsKey) {
  OpenAiOptions options;
  options.api_key = "sk-secret";
  Open(Answering(401, "text/plain", "the key sk-secret is wrong"), options);

  EXPECT_THAT(Ask().error, HasSubstr("the key <redacted> is wrong"));
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("the key <redacted> is")));
}

TEST_F(OpenAiBackendTest, EndsAtEachTimeLimitWithItsOwnMeaning) {
  const auto hang_after = [](const std::string& events) {
    return [events](const ScriptedRequest&, ScriptedConnection& connection) {
      connection.BeginChunked();
      connection.Chunk(events);
      connection.Hang();
    };
  };
  InferenceRequest first;
  first.timeouts.first_token = milliseconds(60);
  InferenceRequest idle;
  idle.timeouts.idle = milliseconds(60);
  InferenceRequest query;
  query.timeouts.query = milliseconds(60);

  const InferenceReply silent = AskOf(hang_after(": ping\n\n" + kRole), first);
  EXPECT_EQ(silent.failure, Failure::kTimedOut);
  EXPECT_EQ(silent.ttft_ns, std::nullopt);
  EXPECT_EQ(AskOf(hang_after(ContentEvent("a")), idle).failure, Failure::kEngineDown);
  const InferenceReply slow = AskOf(hang_after(ContentEvent("a")), query);
  EXPECT_EQ(slow.failure, Failure::kTimedOut);
  EXPECT_EQ(slow.body.content, "a");
}

TEST_F(OpenAiBackendTest, SaysThatNobodyListens) {
  OpenAiOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(testing::ClosedPort());
  options.ref = "m";
  backend_ =
      std::make_unique<OpenAiBackend>(options, std::make_unique<CurlHttpClient>(clock_), clock_);

  const InferenceReply reply = Ask();
  EXPECT_EQ(reply.failure, Failure::kConnection);
  EXPECT_THAT(reply.error, HasSubstr(options.base_url));
  EXPECT_GE(reply.done, reply.sent);
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(options.base_url)));
}

// Refuses the parameters in `unknown`, as one engine or another does, and answers otherwise.
ScriptedHttpServer::Script Refusing(std::vector<std::string> unknown) {
  return [unknown = std::move(unknown)](const ScriptedRequest& request,
                                        ScriptedConnection& connection) {
    const json body = json::parse(request.body);
    for (const std::string& parameter : unknown) {
      if (body.contains(parameter)) {
        const std::string hint = parameter == "max_tokens" ? " Use 'max_completion_tokens'." : "";
        connection.Answer(400, "application/json",
                          R"({"error": {"message": "Unsupported parameter: ')" + parameter + "'." +
                              hint + "\"}}");
        return;
      }
    }
    connection.Answer(200, "text/event-stream", kWholeAnswer);
  };
}

TEST_F(OpenAiBackendTest, LeavesOutWhatTheEngineDoesNotKnowAndSaysSo) {
  InferenceRequest request;
  request.generation.temperature = 0.6;
  request.generation.top_k = 20;
  Open(Refusing({"top_k", "stream_options", "max_tokens"}));

  const InferenceReply first = Ask(request);
  const std::size_t asked = server_->requests().size();
  const InferenceReply second = Ask(request);

  EXPECT_EQ(first.failure, Failure::kNone);
  EXPECT_EQ(first.flags, kFlagParameterDropped);
  EXPECT_EQ(asked, 4U);
  EXPECT_EQ(second.flags, kFlagParameterDropped);
  EXPECT_EQ(server_->requests().size(), 5U);  // learnt once
  const json body = json::parse(server_->requests().back().body);
  EXPECT_EQ(body["temperature"], 0.6);
  EXPECT_EQ(body["max_completion_tokens"], 32768);
  EXPECT_FALSE(body.contains("top_k"));
}

TEST_F(OpenAiBackendTest, DoesNotFlagTheOtherNameOfTheOutputLimit) {
  Open(Refusing({"max_tokens"}));

  EXPECT_EQ(Ask().flags, 0U);
  EXPECT_EQ(server_->requests().size(), 2U);
}

TEST_F(OpenAiBackendTest, GivesUpOnAParameterItCannotDoWithout) {
  Open(Refusing({"messages"}));

  EXPECT_EQ(Ask().failure, Failure::kInvalidRequest);
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAiBackendTest, CancelEndsWhatIsInFlightAndLetsLaterRequestsThrough) {
  Open([](const ScriptedRequest& request, ScriptedConnection& connection) {
    if (json::parse(request.body)["max_tokens"] == 1) {
      connection.BeginChunked();
      connection.Chunk(ContentEvent("a"));
      connection.Hang();
    } else {
      connection.Answer(200, "text/event-stream", kWholeAnswer);
    }
  });
  InferenceRequest hanging;
  hanging.generation.max_output_tokens = 1;
  std::future<InferenceReply> first = Start(hanging);
  std::future<InferenceReply> second = Start(hanging);

  backend_->CancelAll();

  EXPECT_EQ(first.get().failure, Failure::kCancelled);
  EXPECT_EQ(second.get().failure, Failure::kCancelled);
  EXPECT_EQ(Ask().failure, Failure::kNone);
}

}  // namespace
}  // namespace wattfleet::agent
