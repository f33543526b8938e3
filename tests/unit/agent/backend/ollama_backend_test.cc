#include "agent/backend/ollama/ollama_backend.h"

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/http/curl_http_client.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;
using testing::StatusIs;

std::string Line(const std::string& message) {
  return R"({"model": "m", "message": {"role": "assistant", )" + message + "}, \"done\": false}\n";
}
const std::string kDone =
    R"({"model": "m", "message": {"role": "assistant", "content": ""}, "done": true,)"
    R"( "done_reason": "stop", "total_duration": 5191566416, "load_duration": 2154458,)"
    R"( "prompt_eval_count": 26, "prompt_eval_duration": 383809000, "eval_count": 298,)"
    R"( "eval_duration": 4799921000})"
    "\n";

class OllamaBackendTest : public ::testing::Test {
 protected:
  void Open(ScriptedHttpServer::Script script, const std::string& ref = "m") {
    server_ = std::make_unique<ScriptedHttpServer>(std::move(script));
    backend_ =
        std::make_unique<OllamaBackend>(OllamaEndpoint::Of(server_->base_url() + "/", ""), ref,
                                        std::make_unique<CurlHttpClient>(clock_), clock_);
  }
  void OpenStreaming(std::vector<std::string> lines) {
    Open([lines = std::move(lines)](const ScriptedRequest&, ScriptedConnection& connection) {
      connection.BeginChunked("application/x-ndjson");
      for (const std::string& line : lines) {
        connection.Chunk(line);
      }
      connection.EndChunked();
    });
  }
  void OpenAnswering(int status, const std::string& type, const std::string& body) {
    Open([=](const ScriptedRequest&, ScriptedConnection& connection) {
      connection.Answer(status, type, body);
    });
  }
  InferenceReply Ask(const Generation& generation = {}) {
    std::promise<InferenceReply> promise;
    InferenceRequest request;
    request.prompt = "2 + 2?";
    request.generation = generation;
    backend_->Send(std::move(request),
                   [&promise](InferenceReply reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  }
  json Sent(std::size_t i = 0) { return json::parse(server_->requests().at(i).body); }

  SystemClock clock_;
  std::unique_ptr<ScriptedHttpServer> server_;
  std::unique_ptr<OllamaBackend> backend_;
};

TEST_F(OllamaBackendTest, PutsAStreamTogetherWithTheEnginesOwnCountsAndDurations) {
  OpenStreaming({Line(R"("content": "The answer")"), Line(R"("content": " is (A).")"), kDone});

  const InferenceReply reply = Ask();

  EXPECT_EQ(reply.failure, Failure::kNone) << reply.error;
  EXPECT_EQ(reply.finish, Finish::kStop);
  EXPECT_EQ(reply.body.content, "The answer is (A).");
  EXPECT_EQ(reply.body.chunks.size(), 2U);
  EXPECT_EQ(reply.input_tokens, 26);
  EXPECT_EQ(reply.output_tokens, 298);
  EXPECT_EQ(reply.token_source, TokenSource::kEngine);
  EXPECT_EQ(
      reply.engine_durations,
      (EngineDurations{.load_ns = 2154458, .prefill_ns = 383809000, .decode_ns = 4799921000}));
}

TEST_F(OllamaBackendTest, ReadsAStreamByteByByte) {
  const std::string text = "\r\n" + Line(R"("content": "A")") + "\r\n" + kDone;
  Open([&](const ScriptedRequest&, ScriptedConnection& connection) {
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) +
                     "\r\n\r\n");
    connection.Trickle(text);
  });

  EXPECT_EQ(Ask().body.content, "A");
}

TEST_F(OllamaBackendTest, SaysContextSizeSamplingAndHowLongToStayLoaded) {
  OpenStreaming({kDone});
  Ask({.temperature = 0.6,
       .top_p = 0.95,
       .top_k = 20,
       .seed = 1,
       .max_output_tokens = 64,
       .context_tokens = 4096,
       .stop = {"END"}});

  EXPECT_EQ(server_->requests().at(0).path, "/api/chat");
  EXPECT_EQ(Sent(), json::parse(R"({
    "model": "m", "stream": true, "keep_alive": "30m", "truncate": false, "shift": false,
    "messages": [{"role": "user", "content": "2 + 2?"}],
    "options": {"temperature": 0.6, "top_p": 0.95, "top_k": 20, "seed": 1, "num_predict": 64,
                "num_ctx": 4096, "stop": ["END"]}
  })"));
}

TEST_F(OllamaBackendTest, AsksForThinkingAndKeepsItApart) {
  OpenStreaming({Line(R"("content": "", "thinking": "hm")"), Line(R"("content": "A")"), kDone});

  const InferenceReply reply = Ask({.thinking = Thinking::kHigh});

  EXPECT_EQ(Sent()["think"], "high");
  EXPECT_EQ(reply.body.reasoning, "hm");
  EXPECT_EQ(reply.body.content, "A");
  EXPECT_EQ(reply.body.chunks.at(0).kind, ChunkKind::kReasoning);
  Ask({.thinking = Thinking::kOff});
  EXPECT_EQ(Sent(1)["think"], false);
}

TEST_F(OllamaBackendTest, DropsThinkingWhereTheModelKnowsNone) {
  Open([](const ScriptedRequest& request, ScriptedConnection& connection) {
    if (json::parse(request.body).contains("think")) {
      connection.Answer(400, "application/json", R"({"error": "\"m\" does not support thinking"})");
    } else {
      connection.Answer(200, "application/x-ndjson", kDone);
    }
  });

  const InferenceReply off = Ask({.thinking = Thinking::kOff});
  const InferenceReply on = Ask({.thinking = Thinking::kOn});

  EXPECT_EQ(off.failure, Failure::kNone);
  EXPECT_EQ(off.flags, 0U);
  EXPECT_EQ(on.failure, Failure::kNone);
  EXPECT_EQ(on.flags, kFlagParameterDropped);
  EXPECT_EQ(server_->requests().size(), 3U);
}

TEST_F(OllamaBackendTest, FlagsACutAnswer) {
  OpenStreaming({Line(R"("content": "a")"),
                 R"({"done": true, "done_reason": "length", "eval_count": 1})"
                 "\n"});

  const InferenceReply reply = Ask();

  EXPECT_EQ(reply.finish, Finish::kLength);
  EXPECT_EQ(reply.flags, kFlagTruncated);
}

TEST_F(OllamaBackendTest, TellsHowAnAnswerFailed) {
  OpenStreaming({Line(R"("content": "a")"), R"({"error": "an error was encountered"})"
                                            "\n"});
  InferenceReply reply = Ask();
  EXPECT_EQ(reply.failure, Failure::kServer);
  EXPECT_EQ(reply.error, "an error was encountered");

  OpenStreaming({Line(R"("content": "a")")});
  EXPECT_EQ(Ask().failure, Failure::kConnection);
  OpenStreaming({Line(R"("content": "a")"), "garbage\n"});
  EXPECT_EQ(Ask().failure, Failure::kProtocol);
  OpenAnswering(200, "text/html", "<html><title>Router</title></html>");
  EXPECT_EQ(Ask().failure, Failure::kProtocol);
  OpenAnswering(500, "application/json", R"({"error": "model runner has unexpectedly stopped"})");
  EXPECT_EQ(Ask().failure, Failure::kServer);
  OpenAnswering(400, "application/json",
                R"({"error": "the input length exceeds the context length"})");
  EXPECT_EQ(Ask().failure, Failure::kContextOverflow);
  OpenAnswering(404, "application/json", R"({"error": "model 'm' not found"})");
  reply = Ask();
  EXPECT_EQ(reply.failure, Failure::kServer);
  EXPECT_EQ(reply.error, "the engine answered 404: model 'm' not found");
}

void AnswerTags(const ScriptedRequest& request, ScriptedConnection& connection) {
  const std::string tags = R"({"models": [
    {"name": "llama3.1:8b", "digest": "46e0c10c039e",
     "details": {"quantization_level": "Q4_K_M"}},
    {"name": "qwen3:latest", "digest": "e4b5fd7f8af0", "details": {}}]})";
  connection.Answer(200, "application/json",
                    request.path == "/api/version" ? R"({"version": "0.12.3"})" : tags);
}

TEST_F(OllamaBackendTest, IsIdentifiedByDigestAndQuantizationOfTheModel) {
  Open(AnswerTags, "llama3.1:8b");
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity identity, backend_->Identify());

  EXPECT_EQ(identity.engine_kind, "ollama");
  EXPECT_EQ(identity.engine_version, "0.12.3");
  EXPECT_EQ(identity.model_digest, "46e0c10c039e");
  EXPECT_EQ(identity.quantization, "Q4_K_M");
  EXPECT_FALSE(identity.prefix_cache_controlled);
}

TEST_F(OllamaBackendTest, UnderstandsLatestWhereNoTagIsGiven) {
  Open(AnswerTags, "qwen3");
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity identity, backend_->Identify());

  EXPECT_EQ(identity.model_digest, "e4b5fd7f8af0");
}

TEST_F(OllamaBackendTest, NamesTheInstalledModelsWhenOneIsMissing) {
  Open(AnswerTags, "gemma3:4b");
  EXPECT_THAT(
      backend_->Identify(),
      StatusIs(absl::StatusCode::kNotFound,
               "ollama has no model \"gemma3:4b\"; installed are llama3.1:8b, qwen3:latest"));

  OpenAnswering(200, "application/json", R"({"models": []})");
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none is installed")));
}

TEST_F(OllamaBackendTest, SaysWhenItIsSomethingElseThatAnswers) {
  OpenAnswering(200, "text/html", "<html><title>Router</title></html>");
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("HTML \"Router\"")));
  OpenAnswering(404, "text/plain", "404 page not found");
  EXPECT_THAT(backend_->Identify(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("404")));
}

}  // namespace
}  // namespace wattfleet::agent
