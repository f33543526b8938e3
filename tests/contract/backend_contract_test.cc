// What every InferenceBackend promises, held against each of them.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/backend/open_backend.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using std::chrono::hours;
using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;
using testing::TempDir;

// A query that is answered at once, and one whose answer never comes by itself.
constexpr const char* kQuick = "quick";
constexpr const char* kEndless = "endless";

// What a backend needs to be opened, and keeps until the test ends.
struct World {
  TempDir dir;
  std::unique_ptr<ScriptedHttpServer> server;
  BackendOptions present;  // for a model that is there
  BackendOptions absent;   // for one that is not
};

struct Kind {
  std::string name;
  std::function<void(World&)> make;
};

void MakeReplay(World& world) {
  const std::string path = world.dir.Write(
      "recording.jsonl", R"({"id": "quick", "response": "a", "tokens": 1, "latency_s": 0})"
                         "\n"
                         R"({"id": "endless", "response": "a", "latency_s": 1e6})");
  world.present = {.build = {.engine = "replay", .ref = path}, .replay_at_recorded_pace = true};
  world.absent = {.build = {.engine = "replay", .ref = path + ".absent"}};
}

// Latency is the same for all queries: the endless one is opened apart.
void MakeSynthetic(World& world) {
  world.present = {.build = {.engine = "synthetic", .ref = "latency_ms=1"}};
}

bool IsEndless(const ScriptedRequest& request) {
  return request.body.find(kEndless) != std::string::npos;
}

void AnswerOpenAi(const ScriptedRequest& request, ScriptedConnection& connection) {
  if (request.path == "/v1/models") {
    connection.Answer(200, "application/json", R"({"data": [{"id": "here"}]})");
    return;
  }
  connection.BeginChunked();
  connection.Chunk("data: {\"choices\": [{\"delta\": {\"content\": \"a\"}}]}\n\n");
  if (IsEndless(request)) {
    connection.Hang();
    return;
  }
  connection.Chunk("data: {\"choices\": [{\"delta\": {\"content\": \"b\"}}]}\n\n");
  connection.Chunk("data: {\"choices\": [{\"finish_reason\": \"stop\"}]}\n\ndata: [DONE]\n\n");
  connection.EndChunked();
}

void AnswerOllama(const ScriptedRequest& request, ScriptedConnection& connection) {
  if (request.path == "/api/tags") {
    connection.Answer(200, "application/json", R"({"models": [{"name": "here", "digest": "d"}]})");
    return;
  }
  connection.BeginChunked("application/x-ndjson");
  connection.Chunk("{\"message\": {\"content\": \"a\"}}\n");
  if (IsEndless(request)) {
    connection.Hang();
    return;
  }
  connection.Chunk("{\"message\": {\"content\": \"b\"}}\n");
  connection.Chunk("{\"done\": true, \"done_reason\": \"stop\", \"eval_count\": 2}\n");
  connection.EndChunked();
}

void MakeServed(World& world, const std::string& engine, ScriptedHttpServer::Script script) {
  world.server = std::make_unique<ScriptedHttpServer>(std::move(script));
  world.present = {.base_url = world.server->base_url(),
                   .build = {.engine = engine, .ref = "here"}};
  world.absent = world.present;
  world.absent.build.ref = "elsewhere";
}

std::vector<Kind> Kinds() {
  std::vector<Kind> kinds = {{"replay", MakeReplay}, {"synthetic", MakeSynthetic}};
  for (const std::string engine : {"openai", "llama-server", "vllm", "lmstudio", "mlx"}) {
    kinds.push_back({engine, [engine](World& world) { MakeServed(world, engine, AnswerOpenAi); }});
  }
  kinds.push_back({"ollama", [](World& world) { MakeServed(world, "ollama", AnswerOllama); }});
  return kinds;
}

InferenceRequest Query(const std::string& id) {
  InferenceRequest request;
  request.query_id = id;
  request.prompt = id;
  request.timeouts = {
      .connect = hours(1), .first_token = hours(1), .idle = hours(1), .query = hours(1)};
  return request;
}

class BackendContractTest : public ::testing::TestWithParam<Kind> {
 protected:
  BackendContractTest() { GetParam().make(world_); }

  std::unique_ptr<InferenceBackend> Open(BackendOptions options) {
    absl::StatusOr<std::unique_ptr<InferenceBackend>> backend = OpenBackend(options, clock_);
    EXPECT_THAT(backend, testing::IsOk());
    return *std::move(backend);
  }
  std::unique_ptr<InferenceBackend> OpenReady() {
    auto backend = Open(world_.present);
    EXPECT_THAT(backend->Identify(), testing::IsOk());
    return backend;
  }
  // Ready, and every answer to kEndless takes forever.
  std::unique_ptr<InferenceBackend> OpenEndless() {
    if (GetParam().name == "synthetic") {
      world_.present.build.ref = "latency_ms=1000000000";
    }
    return OpenReady();
  }

  // Sends `n` copies of a query and waits for all replies.
  std::vector<InferenceReply> Ask(InferenceBackend& backend, const std::string& id, int n) {
    absl::Mutex mutex;
    std::vector<InferenceReply> replies;
    absl::BlockingCounter left(n);
    for (int i = 0; i < n; ++i) {
      backend.Send(Query(id), [&](InferenceReply reply) {
        {
          absl::MutexLock lock(&mutex);
          replies.push_back(std::move(reply));
        }
        left.DecrementCount();
      });
    }
    left.Wait();
    return replies;
  }

  SystemClock clock_;
  World world_;
};

TEST_P(BackendContractTest, SaysWhoAnswers) {
  auto backend = Open(world_.present);
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity identity, backend->Identify());

  EXPECT_EQ(identity.engine_kind, GetParam().name);
  WF_ASSERT_OK_AND_ASSIGN(const EngineIdentity again, backend->Identify());
  EXPECT_EQ(again.model_digest, identity.model_digest);
}

TEST_P(BackendContractTest, SaysNotFoundForAModelThatIsNotThere) {
  if (GetParam().name == "synthetic") {
    GTEST_SKIP() << "a made-up model is always there";
  }
  auto backend = Open(world_.absent);

  const absl::Status status = backend->Identify().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(world_.absent.build.ref));
}

TEST_P(BackendContractTest, AnswersEachRequestExactlyOnce) {
  constexpr int kRequests = 50;
  std::atomic<int> replies = 0;
  {
    auto backend = OpenReady();
    absl::BlockingCounter left(kRequests);
    for (int i = 0; i < kRequests; ++i) {
      backend->Send(Query(kQuick), [&](InferenceReply reply) {
        EXPECT_EQ(reply.failure, Failure::kNone) << reply.error;
        ++replies;
        left.DecrementCount();
      });
    }
    left.Wait();
  }
  EXPECT_EQ(replies, kRequests);
}

TEST_P(BackendContractTest, StampsWithinTheRequestAndInOrder) {
  auto backend = OpenReady();
  const MonotonicTime before = clock_.MonotonicNow();
  const InferenceReply reply = Ask(*backend, kQuick, 1).at(0);
  const MonotonicTime after = clock_.MonotonicNow();

  EXPECT_LE(before, reply.sent);
  EXPECT_LE(reply.sent, reply.done);
  EXPECT_LE(reply.done, after);
  std::int64_t last = 0;
  for (const ChunkStamp& chunk : reply.body.chunks) {
    EXPECT_GE(chunk.since_sent_ns, last);
    last = chunk.since_sent_ns;
  }
  EXPECT_LE(last, (reply.done - reply.sent).count());
  if (reply.ttft_ns && reply.ttfo_ns) {
    EXPECT_LE(*reply.ttft_ns, *reply.ttfo_ns);
  }
}

TEST_P(BackendContractTest, CancelEndsWhatIsInFlightAndNothingLater) {
  auto backend = OpenEndless();
  absl::BlockingCounter left(3);
  for (int i = 0; i < 3; ++i) {
    backend->Send(Query(kEndless), [&](InferenceReply reply) {
      EXPECT_EQ(reply.failure, Failure::kCancelled);
      EXPECT_LE(reply.sent, reply.done);
      left.DecrementCount();
    });
  }

  backend->CancelAll();
  left.Wait();

  if (GetParam().name != "synthetic") {
    EXPECT_EQ(Ask(*backend, kQuick, 1).at(0).failure, Failure::kNone);
  }
}

TEST_P(BackendContractTest, DestructionEndsAndAwaitsWhatIsInFlight) {
  std::atomic<int> cancelled = 0;
  auto backend = OpenEndless();
  for (int i = 0; i < 3; ++i) {
    backend->Send(Query(kEndless), [&](InferenceReply reply) {
      cancelled += reply.failure == Failure::kCancelled ? 1 : 0;
    });
  }

  backend.reset();

  EXPECT_EQ(cancelled, 3);
}

TEST_P(BackendContractTest, LetsACallbackSendTheNextRequest) {
  auto backend = OpenReady();
  std::atomic<int> to_send = 20;
  absl::BlockingCounter left(20);
  std::function<void(InferenceReply)> next = [&](InferenceReply reply) {
    EXPECT_EQ(reply.failure, Failure::kNone) << reply.error;
    if (--to_send > 0) {
      backend->Send(Query(kQuick), next);
    }
    left.DecrementCount();
  };

  backend->Send(Query(kQuick), next);
  left.Wait();

  EXPECT_EQ(to_send, 0);
}

TEST_P(BackendContractTest, IsMarkedWhereNothingWasInferred) {
  auto backend = OpenReady();
  const Flags flags = Ask(*backend, kQuick, 1).at(0).flags;

  EXPECT_EQ((flags & kFlagReplayed) != 0, GetParam().name == "replay");
  EXPECT_EQ((flags & kFlagSynthetic) != 0, GetParam().name == "synthetic");
  EXPECT_EQ(backend->NeedsPrompts(), !NeedsNoServer(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(Backends, BackendContractTest, ::testing::ValuesIn(Kinds()),
                         [](const ::testing::TestParamInfo<Kind>& kind) {
                           std::string name = kind.param.name;
                           std::erase(name, '-');
                           return name;
                         });

TEST(OpenBackendTest, NamesTheKindsForOneThatDoesNotExist) {
  const SystemClock clock;

  EXPECT_THAT(OpenBackend({.build = {.engine = "gpt4all", .ref = "m"}}, clock),
              testing::StatusIs(absl::StatusCode::kInvalidArgument,
                                "no engine kind \"gpt4all\"; there are llama-server, lmstudio, "
                                "mlx, ollama, openai, replay, synthetic and vllm"));
  EXPECT_THAT(OpenBackend({.build = {.engine = "vllm", .ref = "m"}}, clock),
              testing::StatusIs(absl::StatusCode::kInvalidArgument, "engine vllm of m has no url"));
}

}  // namespace
}  // namespace wattfleet::agent
