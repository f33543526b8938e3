#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
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

TEST_F(OpenAiBackendTest, ChecksThatTheEngineHasTheModel) {
  const std::string list =
      R"({"object": "list", "data": [{"id": "small", "meta": {"digest": "sha256:1"}},)"
      R"( {"id": "large", "max_model_len": 4096}]})";
  OpenAiOptions options;
  options.ref = "large";
  Open(Answering(200, "application/json", list), options);
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity large, backend_->Identify());
  EXPECT_EQ(large.engine_kind, "openai");
  EXPECT_EQ(large.model_digest, "");
  EXPECT_EQ(large.context_tokens, 4096);
  EXPECT_EQ(server_->requests().at(0).path, "/v1/models");

  options.ref = "small";
  Open(Answering(200, "application/json", list), options);
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity small, backend_->Identify());
  EXPECT_EQ(small.model_digest, "sha256:1");

  options.ref = "medium";
  Open(Answering(200, "application/json", list), options);
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kNotFound,
                       "the engine has no model \"medium\"; it has small, large"));
}

TEST_F(OpenAiBackendTest, TakesTheOnlyModelForAFileOrAStar) {
  const std::string list = R"({"data": [{"id": "tiny.gguf"}]})";
  for (const std::string ref : {"*", "/models/tiny.gguf", "models/tiny.gguf"}) {
    OpenAiOptions options;
    options.ref = ref;
    Open(
        [&](const ScriptedRequest& request, ScriptedConnection& connection) {
          const bool chat = request.path == "/v1/chat/completions";
          connection.Answer(200, "application/json", chat ? kWholeAnswer : list);
        },
        options);
    WF_EXPECT_OK(backend_->Identify());
    Ask();
    EXPECT_EQ(json::parse(server_->requests().back().body)["model"], "tiny.gguf");
  }
}

TEST_F(OpenAiBackendTest, LooksAtTheWeightsItselfWhereTheEngineIsHereAndDoesNotTell) {
  testing::TempDir dir;
  OpenAiOptions options;
  options.ref = dir.Write("tiny.gguf", "weights");
  options.is_on_this_host = true;
  const auto list = Answering(200, "application/json", R"({"data": [{"id": "tiny"}]})");
  Open(list, options);
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity first, backend_->Identify());
  dir.Write("tiny.gguf", "other weights");
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity second, backend_->Identify());
  options.is_on_this_host = false;
  Open(list, options);
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity elsewhere, backend_->Identify());

  EXPECT_THAT(first.model_digest, ::testing::StartsWith("xxh3:"));
  EXPECT_NE(second.model_digest, first.model_digest);
  EXPECT_EQ(elsewhere.model_digest, "");
}

TEST_F(OpenAiBackendTest, TrustsTheRefWhereTheEngineHasNoList) {
  Open(Answering(404, "text/plain", "not here"));

  WF_EXPECT_OK(backend_->Identify());
}

TEST_F(OpenAiBackendTest, IdentifyTellsWhyAnEngineIsNotReady) {
  Open(Answering(503, "application/json", R"({"error": {"message": "Loading model"}})"));
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Loading model")));
  Open(Answering(200, "text/html", "<html><title>Router</title></html>"));
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("HTML \"Router\"")));
  Open(Answering(402, "text/plain", "pay"));
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("pay")));
}

TEST_F(OpenAiBackendTest, AsksLlamaServerForItsVersionAndContext) {
  OpenAiOptions options;
  options.dialect = OpenAiDialect::kLlamaServer;
  Open(
      [](const ScriptedRequest& request, ScriptedConnection& connection) {
        const bool props = request.path == "/props";
        connection.Answer(200, "application/json",
                          props ? R"({"build_info": "b4567-abc",)"
                                  R"( "default_generation_settings": {"n_ctx": 8192}})"
                                : R"({"data": [{"id": "m", "meta": []}]})");
      },
      options);

  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity identity, backend_->Identify());

  EXPECT_EQ(identity.engine_version, "b4567-abc");
  EXPECT_EQ(identity.context_tokens, 8192);
  EXPECT_TRUE(identity.prefix_cache_controlled);
}

// Answers each path with what the map says, and others with 404.
testing::ScriptedHttpServer::Script Paths(
    std::map<std::string, std::pair<int, std::string>> paths) {
  return [paths = std::move(paths)](const testing::ScriptedRequest& request,
                                    testing::ScriptedConnection& connection) {
    const auto found = paths.find(request.path);
    if (found == paths.end()) {
      connection.Answer(404, "text/plain", "not here");
    } else {
      connection.Answer(found->second.first, "application/json", found->second.second);
    }
  };
}

constexpr const char* kList = R"({"data": [{"id": "m"}]})";

TEST_F(OpenAiBackendTest, IsNotReadyWhileTheEngineStillLoadsWhatItLists) {
  OpenAiOptions options;
  options.dialect = OpenAiDialect::kLlamaServer;
  Open(Paths({{"/v1/models", {200, kList}},
              {"/health", {503, R"({"error": {"message": "Loading model"}})"}}}),
       options);
  EXPECT_THAT(backend_->Identify(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Loading model")));
  Open(Paths({{"/v1/models", {200, kList}}, {"/health", {200, R"({"status": "ok"})"}}}), options);
  WF_EXPECT_OK(backend_->Identify());
}

TEST_F(OpenAiBackendTest, KnowsWhichVllmHonoursACacheSalt) {
  const std::vector<std::pair<std::string, bool>> versions = {
      {"0.11.0", true},  {"0.11.1rc2.dev5", true}, {"1.0.0", true},
      {"0.10.2", false}, {"dev", false},           {"", false}};
  for (const auto& [version, honours] : versions) {
    OpenAiOptions options;
    options.dialect = OpenAiDialect::kVllm;
    Open(Paths({{"/v1/models", {200, kList}},
                {"/version", {200, R"({"version": ")" + version + "\"}"}}}),
         options);
    WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity identity, backend_->Identify());
    EXPECT_EQ(identity.engine_version, version);
    EXPECT_EQ(identity.prefix_cache_controlled, honours) << version;
  }
}

}  // namespace
}  // namespace wattfleet::agent
