// An inference server for tests: speaks OpenAI's API, and misbehaves on demand.
//
//   test_engine --port N [--model ID] [--mode MODE] [--marker FILE]
//
// MODE: normal; slow (answers "loading" to the first three questions); dies (prints and exits at
// once); dies-mid-request; hangs (never answers); html; port-taken-once (fails to bind as long as
// FILE does not exist, and makes it).

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "absl/synchronization/notification.h"
#include <httplib.h>
#include <unistd.h>

namespace {

using httplib::Request;
using httplib::Response;

std::map<std::string, std::string> Flags(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--model", "test-model"}, {"--mode", "normal"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

void Chat(const std::string& mode, Response& response) {
  if (mode != "dies-mid-request") {
    response.set_content(
        "data: {\"choices\": [{\"delta\": {\"content\": \"The answer is (A).\"}}]}\n\n"
        "data: {\"choices\": [{\"delta\": {}, \"finish_reason\": \"stop\"}]}\n\n"
        "data: [DONE]\n\n",
        "text/event-stream");
    return;
  }
  response.set_chunked_content_provider(
      "text/event-stream", [](std::size_t offset, httplib::DataSink& sink) {
        const std::string text = "data: {\"choices\": [{\"delta\": {\"content\": \"The\"}}]}\n\n";
        if (offset > 0) {
          ::_exit(9);
        }
        return sink.write(text.data(), text.size());
      });
}

int FailAtOnce(const std::string& line) {
  std::printf("loading weights\nwarning: thermal paste is dry\n");
  std::fprintf(stderr, "error: %s\n", line.c_str());
  return 1;
}

int Serve(std::map<std::string, std::string>& flags) {
  const std::string mode = flags["--mode"];
  const std::string model = flags["--model"];
  std::atomic<int> questions = 0;
  const absl::Notification never;
  httplib::Server server;
  server.Get("/v1/models", [&](const Request&, Response& response) {
    if (mode == "hangs") {
      never.WaitForNotification();
    }
    if (mode == "slow" && ++questions <= 3) {
      response.status = 503;
      response.set_content("{\"error\": {\"message\": \"Loading model\"}}", "application/json");
    } else if (mode == "html") {
      response.set_content("<html><title>Router login</title></html>", "text/html");
    } else {
      response.set_content("{\"data\": [{\"id\": \"" + model + "\"}]}", "application/json");
    }
  });
  server.Post("/v1/chat/completions",
              [&](const Request&, Response& response) { Chat(mode, response); });
  server.Get("/pid", [](const Request&, Response& response) {
    response.set_content(std::to_string(::getpid()), "text/plain");
  });
  return server.listen("127.0.0.1", std::atoi(flags["--port"].c_str())) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags = Flags(argc, argv);
  if (flags["--mode"] == "dies") {
    return FailAtOnce("no weights at " + flags["--model"]);
  }
  if (flags["--mode"] == "port-taken-once" && !std::filesystem::exists(flags["--marker"])) {
    std::ofstream(flags["--marker"]) << "taken";
    return FailAtOnce("listen: Address already in use");
  }
  return Serve(flags);
}
