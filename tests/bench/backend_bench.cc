// What the agent itself costs per request: a recorded answer, and a streamed one next to a bare
// libcurl transfer of the same bytes. The server is another process, so that process CPU time is
// the client's alone.
//
//   build/release/bin/backend_bench

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include <benchmark/benchmark.h>
#include <curl/curl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/backend/open_backend.h"
#include "common/check/check.h"
#include "common/time/system_clock.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;

constexpr int kEvents = 64;

std::string& server_url() {
  static std::string url;
  return url;
}

void Stream(const ScriptedRequest& request, ScriptedConnection& connection) {
  if (request.path == "/v1/models") {
    connection.Answer(200, "application/json", R"({"data": [{"id": "m"}]})");
    return;
  }
  connection.BeginChunked();
  for (int i = 0; i < kEvents; ++i) {
    connection.Chunk(
        R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m",)"
        R"("choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]})"
        "\n\n");
  }
  connection.Chunk(
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
  connection.Chunk(
      "data: {\"choices\":[],\"usage\":{\"completion_tokens\":64}}\n\ndata: [DONE]\n\n");
  connection.EndChunked();
}

// Serves until it is killed; its port comes through `port_out`.
[[noreturn]] void ServeForever(int port_out) {
  const ScriptedHttpServer server(Stream);
  const int port = server.port();
  WF_CHECK(::write(port_out, &port, sizeof(port)) == sizeof(port));
  while (true) {
    ::pause();
  }
}

InferenceReply Ask(InferenceBackend& backend, const std::string& query_id) {
  absl::Notification done;
  InferenceReply answer;
  InferenceRequest request;
  request.query_id = query_id;
  request.prompt = "What is the answer?";
  backend.Send(std::move(request), [&](InferenceReply reply) {
    answer = std::move(reply);
    done.Notify();
  });
  done.WaitForNotification();
  return answer;
}

void BM_RecordedAnswer(benchmark::State& state) {
  constexpr int kRows = 12'000;
  const testing::TempDir dir;
  std::string rows;
  std::vector<std::string> ids;
  for (int i = 0; i < kRows; ++i) {
    ids.push_back("query-" + std::to_string(i));
    rows += R"({"id": ")" + ids.back() + R"(", "tokens": 150, "latency_s": 1.5, "response": ")" +
            std::string(600, 'x') + "\"}\n";
  }
  const SystemClock clock;
  auto backend = *OpenBackend(
      {.build = {.engine = "replay", .ref = dir.Write("recording.jsonl", rows)}}, clock);
  WF_CHECK(backend->Identify().ok());
  std::size_t i = 0;
  for (auto _ : state) {
    InferenceRequest request;
    request.query_id = ids[i = (i + 7919) % ids.size()];
    backend->Send(std::move(request),
                  [](InferenceReply reply) { benchmark::DoNotOptimize(reply); });
  }
}
BENCHMARK(BM_RecordedAnswer);

void BM_StreamedAnswer(benchmark::State& state) {
  const SystemClock clock;
  auto backend =
      *OpenBackend({.base_url = server_url(), .build = {.engine = "openai", .ref = "m"}}, clock);
  WF_CHECK(backend->Identify().ok());
  for (auto _ : state) {
    WF_CHECK(Ask(*backend, "q").body.chunks.size() == kEvents);
  }
}
BENCHMARK(BM_StreamedAnswer)->MeasureProcessCPUTime()->UseRealTime();

void BM_BareCurl(benchmark::State& state) {
  CURL* easy = curl_easy_init();
  const std::string url = server_url() + "/v1/chat/completions";
  const std::string body(300, ' ');
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t, std::size_t n, void*) { return n; });
  for (auto _ : state) {
    WF_CHECK(curl_easy_perform(easy) == CURLE_OK);
  }
  curl_easy_cleanup(easy);
}
BENCHMARK(BM_BareCurl)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace wattfleet::agent

int main(int argc, char** argv) {
  std::array<int, 2> port_pipe{};
  WF_CHECK(::pipe(port_pipe.data()) == 0);
  const pid_t server = ::fork();
  if (server == 0) {
    wattfleet::agent::ServeForever(port_pipe[1]);
  }
  int port = 0;
  WF_CHECK(::read(port_pipe[0], &port, sizeof(port)) == sizeof(port));
  wattfleet::agent::server_url() = "http://127.0.0.1:" + std::to_string(port);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  return 0;
}
