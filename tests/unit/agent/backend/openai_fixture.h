#ifndef WF_TESTS_UNIT_AGENT_BACKEND_OPENAI_FIXTURE_H_
#define WF_TESTS_UNIT_AGENT_BACKEND_OPENAI_FIXTURE_H_

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/backend/openai/openai_backend.h"
#include "common/http/curl_http_client.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"

namespace wattfleet::agent {

inline std::string SseEvent(const std::string& data) {
  return "data: " + data + "\n\n";
}
inline std::string ContentEvent(const std::string& text) {
  return SseEvent(R"({"choices": [{"index": 0, "delta": {"content": ")" + text + R"("}}]})");
}
inline std::string FinishEvent(const std::string& reason) {
  return SseEvent(R"({"choices": [{"index": 0, "delta": {}, "finish_reason": ")" + reason +
                  R"("}]})");
}
inline const std::string kRole =
    SseEvent(R"({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})");
inline const std::string kUsage =
    SseEvent(R"({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5}})");
inline const std::string kDone = SseEvent("[DONE]");
inline const std::string kWholeAnswer = kRole + ContentEvent("The answer") +
                                        ContentEvent(" is (A).") + FinishEvent("stop") + kUsage +
                                        kDone;

// Streams `events` in one write each, then ends the answer in an orderly way.
inline testing::ScriptedHttpServer::Script Streaming(std::vector<std::string> events) {
  return [events = std::move(events)](const testing::ScriptedRequest&,
                                      testing::ScriptedConnection& connection) {
    connection.BeginChunked();
    for (const std::string& event : events) {
      connection.Chunk(event);
    }
    connection.EndChunked();
  };
}

inline testing::ScriptedHttpServer::Script Answering(int status, const std::string& type,
                                                     const std::string& body,
                                                     const std::string& headers = "") {
  return [=](const testing::ScriptedRequest&, testing::ScriptedConnection& connection) {
    connection.Answer(status, type, body, headers);
  };
}

class OpenAiBackendTest : public ::testing::Test {
 protected:
  OpenAiBackend& Open(testing::ScriptedHttpServer::Script script, OpenAiOptions options = {}) {
    server_ = std::make_unique<testing::ScriptedHttpServer>(std::move(script));
    options.engine_kind = "openai";
    options.base_url = server_->base_url();
    options.ref = options.ref.empty() ? "m" : options.ref;
    backend_ =
        std::make_unique<OpenAiBackend>(options, std::make_unique<CurlHttpClient>(clock_), clock_);
    return *backend_;
  }

  std::future<InferenceReply> Start(InferenceRequest request = {}) {
    auto promise = std::make_shared<std::promise<InferenceReply>>();
    request.prompt = "2 + 2?";
    backend_->Send(std::move(request),
                   [promise](InferenceReply reply) { promise->set_value(std::move(reply)); });
    return promise->get_future();
  }
  InferenceReply Ask(InferenceRequest request = {}) { return Start(std::move(request)).get(); }
  InferenceReply AskOf(testing::ScriptedHttpServer::Script script, InferenceRequest request = {}) {
    Open(std::move(script));
    return Ask(std::move(request));
  }

  SystemClock clock_;
  std::unique_ptr<testing::ScriptedHttpServer> server_;
  std::unique_ptr<OpenAiBackend> backend_;
};

}  // namespace wattfleet::agent

#endif  // WF_TESTS_UNIT_AGENT_BACKEND_OPENAI_FIXTURE_H_
