#include "agent/backend/ollama/installed_models.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <nlohmann/json.hpp>

#include "agent/backend/engine_error.h"
#include "common/http/http_fetch.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using nlohmann::json;

constexpr std::size_t kNamesShown = 12;

std::string TextAt(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  const bool is_text = object.is_object() && found != object.end() && found->is_string();
  return is_text ? found->get<std::string>() : std::string();
}

absl::StatusOr<std::string> Get(HttpClient& http, const OllamaEndpoint& endpoint,
                                const std::string& path) {
  using std::chrono::seconds;
  HttpRequest request;
  request.url = endpoint.root + path;
  request.headers = endpoint.Headers();
  request.timeouts = {
      .connect = seconds(3), .first = seconds(5), .idle = seconds(5), .total = seconds(10)};
  WF_ASSIGN_OR_RETURN(HttpResponse response, FetchHttp(http, std::move(request)));
  if (response.status != 200) {
    EngineError error = ReadEngineError(response.status, response.body);
    error.message = Redacted(std::move(error.message), endpoint.api_key);
    return EngineErrorStatus(error);
  }
  return std::move(response.body);
}

}  // namespace

OllamaEndpoint OllamaEndpoint::Of(const std::string& base_url, std::string api_key) {
  return {.root = base_url.substr(0, base_url.find_last_not_of('/') + 1),
          .api_key = std::move(api_key)};
}

HttpHeaders OllamaEndpoint::Headers() const {
  HttpHeaders headers = {{"Accept", "application/x-ndjson, application/json"}};
  if (!api_key.empty()) {
    headers.emplace_back("Authorization", absl::StrCat("Bearer ", api_key));
  }
  return headers;
}

absl::StatusOr<std::vector<InstalledModel>> ListInstalledModels(HttpClient& http,
                                                                const OllamaEndpoint& endpoint) {
  WF_ASSIGN_OR_RETURN(const std::string body, Get(http, endpoint, "/api/tags"));
  const json list = json::parse(body, nullptr, false);
  if (!list.is_object() || !list.contains("models") || !list["models"].is_array()) {
    return absl::UnavailableError(absl::StrFormat("%s/api/tags is no list of models but %s",
                                                  endpoint.root,
                                                  ReadEngineError(200, body).message));
  }
  std::vector<InstalledModel> models;
  for (const json& entry : list["models"]) {
    InstalledModel model{.name = TextAt(entry, "name"), .digest = TextAt(entry, "digest")};
    if (entry.is_object() && entry.contains("details")) {
      model.quantization = TextAt(entry["details"], "quantization_level");
    }
    models.push_back(std::move(model));
  }
  return models;
}

absl::StatusOr<InstalledModel> ChooseInstalledModel(const std::vector<InstalledModel>& models,
                                                    const std::string& ref) {
  std::vector<std::string> names;
  for (const InstalledModel& model : models) {
    if (model.name == ref || model.name == ref + ":latest") {
      return model;
    }
    if (names.size() < kNamesShown) {
      names.push_back(model.name);
    }
  }
  if (names.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("ollama has no model \"%s\"; none is installed", ref));
  }
  return absl::NotFoundError(absl::StrFormat("ollama has no model \"%s\"; installed are %s%s", ref,
                                             absl::StrJoin(names, ", "),
                                             models.size() > names.size() ? ", ..." : ""));
}

std::string OllamaVersion(HttpClient& http, const OllamaEndpoint& endpoint) {
  const absl::StatusOr<std::string> body = Get(http, endpoint, "/api/version");
  return body.ok() ? TextAt(json::parse(*body, nullptr, false), "version") : std::string();
}

}  // namespace wattfleet::agent
