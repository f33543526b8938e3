#include "agent/backend/openai/chat_request.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wattfleet::agent {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

InferenceRequest Request() {
  InferenceRequest request;
  request.id = 12;
  request.system = "be short";
  request.prompt = "2 + 2?";
  request.generation.temperature = 0.6;
  request.generation.top_p = 0.95;
  request.generation.top_k = 20;
  request.generation.seed = 1;
  request.generation.max_output_tokens = 64;
  request.generation.stop = {"\n\n"};
  return request;
}

json Body(const InferenceRequest& request, OpenAiDialect dialect = OpenAiDialect::kOpenAi,
          const RequestWording& wording = {}) {
  return json::parse(WriteChatRequest(request, "m", dialect, wording).body);
}

TEST(ChatRequestTest, SendsEveryParameterExplicitly) {
  EXPECT_EQ(Body(Request()), json::parse(R"({
    "model": "m", "stream": true, "stream_options": {"include_usage": true},
    "messages": [{"role": "system", "content": "be short"}, {"role": "user", "content": "2 + 2?"}],
    "max_tokens": 64, "temperature": 0.6, "top_p": 0.95, "top_k": 20, "seed": 1, "stop": ["\n\n"]
  })"));
}

TEST(ChatRequestTest, LeavesOutWhatWasNotAskedFor) {
  InferenceRequest request;
  request.prompt = "2 + 2?";

  EXPECT_EQ(Body(request), json::parse(R"({
    "model": "m", "stream": true, "stream_options": {"include_usage": true},
    "messages": [{"role": "user", "content": "2 + 2?"}], "max_tokens": 32768
  })"));
}

TEST(ChatRequestTest, SaysThinkingInTheEnginesOwnWay) {
  InferenceRequest request = Request();
  request.generation.thinking = Thinking::kOff;
  EXPECT_EQ(Body(request)["reasoning_effort"], "none");
  EXPECT_EQ(Body(request, OpenAiDialect::kVllm)["chat_template_kwargs"],
            json({{"enable_thinking", false}}));
  request.generation.thinking = Thinking::kOn;
  EXPECT_EQ(Body(request)["reasoning_effort"], "medium");
  EXPECT_EQ(Body(request, OpenAiDialect::kLlamaServer)["chat_template_kwargs"],
            json({{"enable_thinking", true}}));
  request.generation.thinking = Thinking::kHigh;
  EXPECT_EQ(Body(request, OpenAiDialect::kLmStudio)["reasoning_effort"], "high");
  EXPECT_EQ(Body(request, OpenAiDialect::kMlx)["chat_template_kwargs"],
            json({{"enable_thinking", true}, {"reasoning_effort", "high"}}));
}

TEST(ChatRequestTest, DefeatsThePrefixCacheWhereTheEngineCan) {
  EXPECT_EQ(Body(Request(), OpenAiDialect::kLlamaServer)["cache_prompt"], false);
  EXPECT_EQ(Body(Request(), OpenAiDialect::kVllm)["cache_salt"], "wattfleet-12");
  EXPECT_FALSE(Body(Request()).contains("cache_prompt"));
}

TEST(ChatRequestTest, LeavesThePrefixCacheAloneWhereItIsMeasuredAsServed) {
  InferenceRequest request = Request();
  request.generation.cache_as_served = true;
  for (const OpenAiDialect dialect :
       {OpenAiDialect::kOpenAi, OpenAiDialect::kLlamaServer, OpenAiDialect::kVllm,
        OpenAiDialect::kLmStudio, OpenAiDialect::kMlx}) {
    EXPECT_FALSE(Body(request, dialect).contains("cache_prompt"));
    EXPECT_FALSE(Body(request, dialect).contains("cache_salt"));
  }
}

TEST(ChatRequestTest, ReplacesBytesThatAreNoText) {
  InferenceRequest request;
  request.prompt =
      "a\xff"
      "b";

  EXPECT_EQ(Body(request)["messages"][0]["content"],
            "a\xef\xbf\xbd"
            "b");
}

TEST(ChatRequestTest, SaysWhenSomethingAskedForIsLeftOut) {
  const RequestWording wording{.dropped = {"top_k", "stream_options"}};

  const ChatRequestText with = WriteChatRequest(Request(), "m", OpenAiDialect::kOpenAi, wording);
  InferenceRequest plain = Request();
  plain.generation.top_k.reset();
  const ChatRequestText without = WriteChatRequest(plain, "m", OpenAiDialect::kOpenAi, wording);

  EXPECT_TRUE(with.dropped_parameter);
  EXPECT_FALSE(json::parse(with.body).contains("top_k"));
  EXPECT_FALSE(without.dropped_parameter);
  EXPECT_FALSE(json::parse(without.body).contains("stream_options"));
  EXPECT_THAT(DroppedParameters(wording), ElementsAre("top_k"));
}

EngineError Refusal(const std::string& body) {
  return ReadEngineError(400, body);
}

TEST(ChatRequestTest, LearnsTheOtherNameOfTheOutputLimit) {
  const EngineError error = Refusal(
      R"({"error": {"message": "Unsupported parameter: 'max_tokens' is not supported with this )"
      R"(model. Use 'max_completion_tokens' instead.", "param": "max_tokens",)"
      R"( "code": "unsupported_parameter"}})");

  const RequestWording learnt = LearnFrom(error, {});

  EXPECT_EQ(learnt, RequestWording{.max_completion_tokens = true});
  const json body = Body(Request(), OpenAiDialect::kOpenAi, learnt);
  EXPECT_EQ(body["max_completion_tokens"], 64);
  EXPECT_FALSE(body.contains("max_tokens"));
  EXPECT_EQ(LearnFrom(error, learnt), learnt);
}

TEST(ChatRequestTest, LearnsWhichParameterIsUnknown) {
  const std::vector<std::pair<std::string, std::string>> refusals = {
      {R"({"error": {"message": "Unrecognized request argument supplied: top_k"}})", "top_k"},
      {R"({"error": {"message": "Unsupported value", "param": "temperature"}})", "temperature"},
      {R"({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]})",
       "seed"},
      {R"({"error": {"message": "Unknown field top_k; known are temperature and top_p"}})",
       "top_k"},
      {R"({"error": {"message": "Unknown name \"stream_options\""}})", "stream_options"}};
  for (const auto& [body, parameter] : refusals) {
    EXPECT_EQ(LearnFrom(Refusal(body), {}), RequestWording{.dropped = {parameter}}) << body;
  }
}

TEST(ChatRequestTest, DoesNotBlameTheWordingForOtherRefusals) {
  for (const char* body :
       {R"({"error": {"message": "temperature must be at most 2", "param": "temperature"}})",
        R"({"error": {"message": "Unsupported model"}})",
        R"({"error": {"message": "the server stopped unexpectedly"}})",
        R"({"error": {"message": "messages: unknown role", "param": "messages"}})"}) {
    EXPECT_EQ(LearnFrom(Refusal(body), {}), RequestWording()) << body;
  }
  EngineError server = Refusal(R"({"error": {"message": "Unknown parameter top_k"}})");
  server.status = 500;
  EXPECT_EQ(LearnFrom(server, {}), RequestWording());
}

TEST(ChatRequestTest, LetsTheContextLimitTheAnswerWhenTheLimitExceedsIt) {
  for (const char* body :
       {R"({"error": {"message": "'max_tokens' or 'max_completion_tokens' is too large: 32768."}})",
        R"({"error": {"message": "This model's maximum context length is 4096 tokens. However, )"
        R"(you requested 33000 tokens (232 in the messages, 32768 in the completion)."}})"}) {
    EXPECT_EQ(LearnFrom(Refusal(body), {}), RequestWording{.no_output_limit = true}) << body;
  }
  EXPECT_FALSE(
      Body(Request(), OpenAiDialect::kVllm, {.no_output_limit = true}).contains("max_tokens"));
}

}  // namespace
}  // namespace wattfleet::agent
