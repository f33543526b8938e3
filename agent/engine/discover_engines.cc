#include "agent/engine/discover_engines.h"

#include <chrono>
#include <utility>

#include "common/http/curl_http_client.h"
#include "common/http/http_fetch.h"

namespace wattfleet::agent {

const std::vector<CustomaryPlace>& CustomaryPlaces() {
  static const std::vector<CustomaryPlace> places = {
      {.kind = "ollama", .url = "http://127.0.0.1:11434", .sign = "/api/version"},
      {.kind = "lmstudio", .url = "http://127.0.0.1:1234", .sign = "/api/v0/models"},
      {.kind = "llama-server", .url = "http://127.0.0.1:8080", .sign = "/props"},
      {.kind = "vllm", .url = "http://127.0.0.1:8000", .sign = "/version"},
  };
  return places;
}

std::vector<EngineConfig> DiscoverEngines(const std::vector<CustomaryPlace>& places,
                                          const Clock& clock) {
  using std::chrono::milliseconds;
  std::vector<EngineConfig> found;
  CurlHttpClient http(clock);
  for (const CustomaryPlace& place : places) {
    HttpRequest request;
    request.url = place.url + place.sign;
    request.timeouts = {.connect = milliseconds(250),
                        .first = milliseconds(250),
                        .idle = milliseconds(250),
                        .total = milliseconds(250)};
    const absl::StatusOr<HttpResponse> response = FetchHttp(http, std::move(request));
    if (response.ok() && response->status == 200) {
      found.push_back({.kind = place.kind, .url = place.url});
    }
  }
  return found;
}

}  // namespace wattfleet::agent
