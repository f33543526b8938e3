#include "agent/engine/local_engine_supervisor.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/curl_http_client.h"
#include "common/http/http_fetch.h"
#include "common/process/posix_process_launcher.h"
#include "common/task/thread_task_runner.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;
using testing::StatusIs;

EngineConfig Command(const std::string& mode, const std::string& more = "") {
  EngineConfig config;
  config.kind = "openai";
  config.command =
      std::string(WF_TEST_ENGINE) + " --port {port} --model {ref} --mode " + mode + " " + more;
  config.start_timeout = milliseconds(60'000);
  return config;
}

Build OpenAi(const std::string& ref) {
  return {.engine = "openai", .ref = ref};
}

class LocalEngineSupervisorTest : public ::testing::Test {
 protected:
  void Open(std::vector<EngineConfig> engines, std::vector<CustomaryPlace> places = {}) {
    supervisor_ = std::make_unique<LocalEngineSupervisor>(
        EngineSettings{.engines = std::move(engines), .discover = std::move(places)}, runner_,
        clock_, launcher_);
  }

  using Acquired = std::future<absl::StatusOr<ReadyEngine>>;
  Acquired Start(const Build& build, const std::string& instance = "gpu0") {
    auto promise = std::make_shared<std::promise<absl::StatusOr<ReadyEngine>>>();
    runner_.Post([=, this] {
      supervisor_->Acquire(
          instance, build, 1, std::nullopt,
          [promise](absl::StatusOr<ReadyEngine> engine) { promise->set_value(std::move(engine)); });
    });
    return promise->get_future();
  }
  absl::StatusOr<ReadyEngine> Acquire(const Build& build, const std::string& instance = "gpu0") {
    return Start(build, instance).get();
  }
  std::vector<EngineOffer> Offers() {
    std::promise<std::vector<EngineOffer>> promise;
    runner_.Post([&] {
      supervisor_->Offers([&](std::vector<EngineOffer> offers) { promise.set_value(offers); });
    });
    return promise.get_future().get();
  }
  void Distrust(const std::string& instance) {
    std::promise<void> done;
    runner_.Post([&] {
      supervisor_->Distrust(instance);
      done.set_value();
    });
    done.get_future().get();
  }
  static InferenceReply Ask(InferenceBackend& backend) {
    std::promise<InferenceReply> promise;
    InferenceRequest request;
    request.prompt = "2 + 2?";
    backend.Send(request, [&](InferenceReply reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  }
  // An engine of an instance, with the same pid while it is the same process.
  std::vector<int> Children() const { return launcher_.Running(); }

  // Where a started test engine answers, by its command line.
  static std::string UrlOf(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
    for (std::string word; std::getline(file, word, '\0');) {
      if (word == "--port") {
        std::getline(file, word, '\0');
        return "http://127.0.0.1:" + word;
      }
    }
    return "";
  }

  // Real processes, counted.
  class CountingLauncher final : public ProcessLauncher {
   public:
    absl::StatusOr<std::unique_ptr<ChildProcess>> Launch(const ProcessSpec& spec) override {
      absl::StatusOr<std::unique_ptr<ChildProcess>> process = launcher_.Launch(spec);
      if (process.ok()) {
        absl::MutexLock lock(&mutex_);
        pids_.push_back((*process)->pid());
      }
      return process;
    }
    std::vector<int> pids() const {
      absl::MutexLock lock(&mutex_);
      return pids_;
    }
    std::vector<int> Running() const {
      std::vector<int> running;
      for (const int pid : pids()) {
        if (::kill(pid, 0) == 0) {
          running.push_back(pid);
        }
      }
      return running;
    }

   private:
    PosixProcessLauncher launcher_;
    mutable absl::Mutex mutex_;
    std::vector<int> pids_ ABSL_GUARDED_BY(mutex_);
  };

  SystemClock clock_;
  CountingLauncher launcher_;
  testing::TempDir dir_;
  ThreadTaskRunner runner_{"test", clock_};
  std::unique_ptr<LocalEngineSupervisor> supervisor_;
};

TEST_F(LocalEngineSupervisorTest, StartsAnEngineThatThenAnswers) {
  Open({Command("normal")});

  WF_ASSERT_OK_AND_ASSIGN(const ReadyEngine engine, Acquire(OpenAi("tiny")));

  EXPECT_EQ(engine.identity.engine_kind, "openai");
  EXPECT_TRUE(engine.co_located);
  if (std::filesystem::exists("/proc/net/tcp")) {
    EXPECT_EQ(engine.process, launcher_.pids().front());
  }
  EXPECT_EQ(Ask(*engine.backend).body.content, "The answer is (A).");
  EXPECT_EQ(Children().size(), 1U);
}

TEST_F(LocalEngineSupervisorTest, WaitsForAnEngineThatIsStillLoading) {
  Open({Command("slow")});

  WF_EXPECT_OK(Acquire(OpenAi("tiny")));
}

TEST_F(LocalEngineSupervisorTest, SaysWhatAnEnginePrintedBeforeItEnded) {
  Open({Command("dies")});

  EXPECT_THAT(
      Acquire(OpenAi("tiny")),
      StatusIs(absl::StatusCode::kUnavailable,
               AllOf(HasSubstr("openai ended with code 1; it said: "), HasSubstr("loading weights"),
                     HasSubstr("error: no weights at tiny"))));
  EXPECT_EQ(launcher_.pids().size(), 1U);
}

TEST_F(LocalEngineSupervisorTest, TriesAnotherPortOnceWhenTheFirstWasTaken) {
  Open({Command("port-taken-once", "--marker " + dir_.Path("marker"))});

  WF_EXPECT_OK(Acquire(OpenAi("tiny")));
  EXPECT_EQ(launcher_.pids().size(), 2U);
}

TEST_F(LocalEngineSupervisorTest, GivesUpOnAnEngineThatIsNeverReady) {
  for (const std::string mode : {"hangs", "html"}) {
    EngineConfig config = Command(mode);
    config.start_timeout = milliseconds(300);
    Open({config});

    EXPECT_THAT(Acquire(OpenAi("tiny")),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("was not ready within 0.3 s")));
    EXPECT_THAT(Children(), IsEmpty());
  }
}

TEST_F(LocalEngineSupervisorTest, KeepsAnEngineForTheSameBuildAndSwapsItForAnother) {
  Open({Command("normal")});
  WF_ASSERT_OK(Acquire(OpenAi("one")));
  WF_ASSERT_OK(Acquire(OpenAi("one")));
  EXPECT_EQ(launcher_.pids().size(), 1U);

  WF_ASSERT_OK(Acquire(OpenAi("two")));

  EXPECT_EQ(launcher_.pids().size(), 2U);
  EXPECT_THAT(Children(), ElementsAre(launcher_.pids()[1]));
}

TEST_F(LocalEngineSupervisorTest, GivesEachInstanceAnEngineOfItsOwn) {
  Open({Command("normal")});
  WF_ASSERT_OK(Acquire(OpenAi("tiny"), "gpu0"));
  WF_ASSERT_OK(Acquire(OpenAi("tiny"), "gpu1"));

  EXPECT_EQ(Children().size(), 2U);
}

TEST_F(LocalEngineSupervisorTest, StartsAnewWhatDiedMidRequest) {
  Open({Command("dies-mid-request")});
  WF_ASSERT_OK_AND_ASSIGN(const ReadyEngine engine, Acquire(OpenAi("tiny")));
  EXPECT_EQ(Ask(*engine.backend).failure, Failure::kConnection);

  Distrust("gpu0");
  WF_EXPECT_OK(Acquire(OpenAi("tiny")));

  EXPECT_EQ(launcher_.pids().size(), 2U);
}

TEST_F(LocalEngineSupervisorTest, KillsAnEngineThatIsNotTrusted) {
  Open({Command("normal")});
  WF_ASSERT_OK(Acquire(OpenAi("tiny")));

  Distrust("gpu0");
  WF_ASSERT_OK(Acquire(OpenAi("tiny")));

  EXPECT_THAT(Children(), ElementsAre(launcher_.pids().at(1)));
}

TEST_F(LocalEngineSupervisorTest, StopsItsEnginesWhenItEnds) {
  Open({Command("normal")});
  WF_ASSERT_OK(Acquire(OpenAi("tiny"), "gpu0"));
  WF_ASSERT_OK(Acquire(OpenAi("tiny"), "gpu1"));

  supervisor_.reset();

  EXPECT_THAT(Children(), IsEmpty());
}

TEST_F(LocalEngineSupervisorTest, EndsWhileAnEngineIsStillComingUp) {
  Open({Command("hangs")});
  Acquired acquired = Start(OpenAi("tiny"));
  while (launcher_.pids().empty()) {
    acquired.wait_for(milliseconds(5));
  }

  supervisor_.reset();

  EXPECT_EQ(acquired.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Children(), IsEmpty());
}

TEST_F(LocalEngineSupervisorTest, NamesWhatIsWrongWithACommand) {
  Open({Command("normal", "{model}")});
  EXPECT_THAT(Acquire(OpenAi("tiny")),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "engine openai: the command has {model}; there are {concurrency}, "
                       "{context}, {port}, {ref}"));
  EngineConfig absent;
  absent.kind = "openai";
  absent.command = "no-such-engine {port}";
  Open({absent});
  EXPECT_THAT(
      Acquire(OpenAi("tiny")),
      StatusIs(absl::StatusCode::kNotFound, "engine openai: no program no-such-engine on PATH"));
  EXPECT_THAT(Offers(), IsEmpty());
}

ScriptedHttpServer::Script Serving(const std::string& model) {
  return [model](const ScriptedRequest& request, ScriptedConnection& connection) {
    const bool lists = request.path == "/v1/models";
    connection.Answer(lists || request.path == "/props" ? 200 : 404, "application/json",
                      R"({"data": [{"id": ")" + model + R"("}]})");
  };
}

TEST_F(LocalEngineSupervisorTest, UsesAnEngineThatRunsAlreadyAndLeavesItAlone) {
  ScriptedHttpServer server(Serving("small"));
  Open({{.kind = "openai", .url = server.base_url()}, Command("normal")});

  WF_ASSERT_OK_AND_ASSIGN(const ReadyEngine engine, Acquire(OpenAi("small")));

  EXPECT_TRUE(engine.co_located);
  EXPECT_EQ(engine.process, std::nullopt) << "it works in this process, as its caller does";
  EXPECT_THAT(launcher_.pids(), IsEmpty());
  Distrust("gpu0");
  WF_EXPECT_OK(Acquire(OpenAi("small")));
}

TEST_F(LocalEngineSupervisorTest, FindsTheProcessOfAnEngineThatRunsAlready) {
  if (!std::filesystem::exists("/proc/net/tcp")) {
    GTEST_SKIP() << "no /proc here";
  }
  // Somebody starts it; this supervisor knows only where it answers.
  Open({Command("normal")});
  WF_ASSERT_OK_AND_ASSIGN(const ReadyEngine started, Acquire(OpenAi("tiny")));
  ASSERT_EQ(launcher_.pids().size(), 1U);
  const int pid = launcher_.pids()[0];
  const std::string url = UrlOf(pid);
  ASSERT_FALSE(url.empty());
  LocalEngineSupervisor other({.engines = {{.kind = "openai", .url = url}}, .discover = {}},
                              runner_, clock_, launcher_);
  std::promise<absl::StatusOr<ReadyEngine>> promise;
  runner_.Post([&] {
    other.Acquire("gpu0", OpenAi("tiny"), 1, std::nullopt,
                  [&](absl::StatusOr<ReadyEngine> engine) { promise.set_value(engine); });
  });
  const absl::StatusOr<ReadyEngine> running = promise.get_future().get();
  WF_ASSERT_OK(running);
  EXPECT_EQ(running->process, pid);
  EXPECT_EQ(started.process, pid);
}

TEST_F(LocalEngineSupervisorTest, StartsWhatTheRunningEngineDoesNotHave) {
  ScriptedHttpServer server(Serving("small"));
  Open({{.kind = "openai", .url = server.base_url()}, Command("normal")});

  WF_EXPECT_OK(Acquire(OpenAi("large")));
  EXPECT_EQ(launcher_.pids().size(), 1U);
}

TEST_F(LocalEngineSupervisorTest, StopsAStartedEngineBeforeAnotherEngineServesItsInstance) {
  ScriptedHttpServer server(Serving("small"));
  Open({{.kind = "vllm", .url = server.base_url()}, Command("normal")});
  WF_ASSERT_OK(Acquire(OpenAi("tiny")));

  WF_ASSERT_OK(Acquire({.engine = "vllm", .ref = "small"}));

  EXPECT_THAT(Children(), IsEmpty());
}

TEST_F(LocalEngineSupervisorTest, SaysWhatThereIsWhenNothingServesABuild) {
  ScriptedHttpServer server(Serving("small"));
  Open({{.kind = "vllm", .url = server.base_url()}, {.kind = "replay", .refs = {"/a"}}});

  EXPECT_THAT(Acquire(OpenAi("tiny")), StatusIs(absl::StatusCode::kNotFound,
                                                "no engine openai here; there are: replay, vllm"));
  EXPECT_THAT(Acquire({.engine = "vllm", .ref = "large"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("it has small")));
  EXPECT_THAT(
      Acquire({.engine = "replay", .ref = "/b"}),
      StatusIs(absl::StatusCode::kNotFound, "engine replay is not offered for \"/b\" here"));
}

TEST_F(LocalEngineSupervisorTest, TakesUrlAndKeyFromTheSweepWhereTheAgentsFileSaysNone) {
  ScriptedHttpServer server(Serving("gpt"));
  Open({{.kind = "openai"}});
  Build build = OpenAi("gpt");
  build.base_url = server.base_url();
  build.api_key_file = dir_.Write("key", "sk-1\n");

  WF_EXPECT_OK(Acquire(build));

  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Bearer sk-1");
  build.api_key_file = dir_.Path("absent");
  EXPECT_THAT(Acquire(build), StatusIs(absl::StatusCode::kNotFound, HasSubstr("absent")));
}

TEST_F(LocalEngineSupervisorTest, ServesARecordingAndMadeUpAnswers) {
  Open({{.kind = "replay"}, {.kind = "synthetic"}});
  const std::string path = dir_.Write("r.jsonl", R"({"id": "q", "response": "a"})");

  WF_ASSERT_OK_AND_ASSIGN(const ReadyEngine replay, Acquire({.engine = "replay", .ref = path}));
  WF_EXPECT_OK(Acquire({.engine = "synthetic", .ref = "tokens=5"}));

  EXPECT_FALSE(replay.backend->NeedsPrompts());
}

TEST_F(LocalEngineSupervisorTest, OffersWhatAnswers) {
  ScriptedHttpServer up(Serving("small"));
  ScriptedHttpServer other(Serving("hidden"));
  const std::string down = "http://127.0.0.1:" + std::to_string(testing::ClosedPort());
  Open({{.kind = "vllm", .url = up.base_url()},
        {.kind = "vllm", .url = down},
        {.kind = "mlx", .url = other.base_url(), .refs = {"shown"}},
        Command("normal"),
        {.kind = "replay"}});

  EXPECT_THAT(Offers(),
              ElementsAre(EngineOffer{"vllm", {"small"}, up.base_url()},
                          EngineOffer{"mlx", {"shown"}, other.base_url()},
                          EngineOffer{"openai", {"*"}, ""}, EngineOffer{"replay", {"*"}, ""}));
}

TEST_F(LocalEngineSupervisorTest, DiscoversEnginesAtTheirCustomaryPlaces) {
  ScriptedHttpServer llama(Serving("small"));
  const std::string down = "http://127.0.0.1:" + std::to_string(testing::ClosedPort());
  Open({}, {{.kind = "vllm", .url = llama.base_url(), .sign = "/version"},
            {.kind = "ollama", .url = down, .sign = "/api/version"},
            {.kind = "llama-server", .url = llama.base_url(), .sign = "/props"}});

  EXPECT_THAT(Offers(), ElementsAre(EngineOffer{"llama-server", {"small"}, llama.base_url()}));
  WF_EXPECT_OK(Acquire({.engine = "llama-server", .ref = "small"}));
}

}  // namespace
}  // namespace wattfleet::agent
