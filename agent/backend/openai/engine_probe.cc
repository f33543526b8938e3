#include "agent/backend/openai/engine_probe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include <nlohmann/json.hpp>

#include "agent/backend/engine_error.h"
#include "common/http/http_fetch.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using nlohmann::json;

constexpr std::size_t kNamesShown = 12;

HttpTimeouts ProbeTimeouts() {
  using std::chrono::seconds;
  return {.connect = seconds(3), .first = seconds(5), .idle = seconds(5), .total = seconds(10)};
}

absl::StatusOr<HttpResponse> Get(HttpClient& http, const OpenAiEndpoint& endpoint,
                                 const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.headers = endpoint.Headers();
  request.timeouts = ProbeTimeouts();
  return FetchHttp(http, std::move(request));
}

// The object at `url`; null where there is none.
json GetObject(HttpClient& http, const OpenAiEndpoint& endpoint, const std::string& url) {
  const absl::StatusOr<HttpResponse> response = Get(http, endpoint, url);
  if (!response.ok() || response->status != 200) {
    return nullptr;
  }
  json object = json::parse(response->body, nullptr, false);
  return object.is_object() ? object : json(nullptr);
}

using Path = std::vector<const char*>;

// What lies at `path` below `object`; null where anything on the way is missing.
json At(const json& object, const Path& path) {
  const json* at = &object;
  for (const char* key : path) {
    const auto found = at->is_object() ? at->find(key) : at->end();
    if (!at->is_object() || found == at->end()) {
      return nullptr;
    }
    at = &*found;
  }
  return *at;
}

std::string TextAt(const json& object, const Path& path) {
  const json value = At(object, path);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::int64_t> CountAt(const json& object, const Path& path) {
  const json value = At(object, path);
  if (!value.is_number_integer() || value.get<std::int64_t>() <= 0) {
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

// The first vLLM whose only engine honours a request's cache salt.
constexpr std::pair<int, int> kVllmWithCacheSalt = {0, 11};

// Whether a version "1.2.3" is at least `wanted`; what cannot be read is not.
bool IsAtLeast(const std::string& version, std::pair<int, int> wanted) {
  const std::vector<std::string> parts = absl::StrSplit(version, '.');
  std::pair<int, int> has;
  return parts.size() >= 2 && absl::SimpleAtoi(parts[0], &has.first) &&
         absl::SimpleAtoi(parts[1], &has.second) && has >= wanted;
}

ServedModel ReadModel(const json& entry) {
  ServedModel model;
  model.id = TextAt(entry, {"id"});
  for (const Path& place :
       std::vector<Path>{Path{"meta", "digest"}, Path{"meta", "model_digest"}, Path{"digest"}}) {
    if (model.digest.empty()) {
      model.digest = TextAt(entry, place);
    }
  }
  for (const Path& place :
       std::vector<Path>{Path{"max_model_len"}, Path{"meta", "n_ctx"}, Path{"context_length"}}) {
    if (!model.context_tokens) {
      model.context_tokens = CountAt(entry, place);
    }
  }
  return model;
}

}  // namespace

OpenAiEndpoint OpenAiEndpoint::Of(const std::string& base_url, std::string api_key) {
  OpenAiEndpoint endpoint;
  endpoint.api_key = std::move(api_key);
  endpoint.api = base_url.substr(0, base_url.find_last_not_of('/') + 1);
  const std::size_t host = endpoint.api.find("://");
  const std::size_t path = endpoint.api.find('/', host == std::string::npos ? 0 : host + 3);
  if (path == std::string::npos) {
    endpoint.api += "/v1";
  }
  const std::size_t root_end =
      absl::EndsWith(endpoint.api, "/v1") ? endpoint.api.size() - 3 : endpoint.api.size();
  endpoint.root = endpoint.api.substr(0, root_end);
  return endpoint;
}

HttpHeaders OpenAiEndpoint::Headers() const {
  HttpHeaders headers = {{"Accept", "application/json, text/event-stream"}};
  if (!api_key.empty()) {
    headers.emplace_back("Authorization", absl::StrCat("Bearer ", api_key));
  }
  return headers;
}

absl::StatusOr<std::optional<std::vector<ServedModel>>> ListModels(HttpClient& http,
                                                                   const OpenAiEndpoint& endpoint) {
  WF_ASSIGN_OR_RETURN(const HttpResponse response, Get(http, endpoint, endpoint.api + "/models"));
  if (response.status == 404 || response.status == 405 || response.status == 501) {
    return std::nullopt;
  }
  EngineError error = ReadEngineError(response.status, response.body);
  error.message = Redacted(std::move(error.message), endpoint.api_key);
  if (response.status != 200) {
    return EngineErrorStatus(error);
  }
  const json list = json::parse(response.body, nullptr, false);
  const bool has_list = list.is_object() && list.contains("data") && list["data"].is_array();
  if (!has_list) {
    return absl::UnavailableError(
        absl::StrFormat("%s/models is no list of models but %s", endpoint.api, error.message));
  }
  std::vector<ServedModel> models;
  for (const json& entry : list["data"]) {
    if (entry.is_object()) {
      models.push_back(ReadModel(entry));
    }
  }
  return models;
}

bool IsFileRef(const std::string& ref) {
  return ref.starts_with('/') || ref.starts_with("./") || ref.ends_with(".gguf");
}

absl::StatusOr<ServedModel> ChooseModel(const std::vector<ServedModel>& models,
                                        const std::string& ref) {
  const auto is_meant = [&ref](const ServedModel& model) {
    return model.id == ref || model.id == "models/" + ref;
  };
  const auto found = std::find_if(models.begin(), models.end(), is_meant);
  if (found != models.end()) {
    return *found;
  }
  if (models.size() == 1 && (ref.empty() || ref == "*" || IsFileRef(ref))) {
    return models.front();
  }
  if (models.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("the engine has no model \"%s\"; it has none at all", ref));
  }
  std::vector<std::string> names;
  for (const ServedModel& model : models) {
    names.push_back(names.size() == kNamesShown ? "..." : model.id);
    if (names.size() > kNamesShown) {
      break;
    }
  }
  return absl::NotFoundError(absl::StrFormat("the engine has no model \"%s\"; it has %s", ref,
                                             absl::StrJoin(names, ", ")));
}

absl::Status CheckHealth(HttpClient& http, const OpenAiEndpoint& endpoint, OpenAiDialect dialect) {
  if (dialect != OpenAiDialect::kLlamaServer && dialect != OpenAiDialect::kVllm) {
    return absl::OkStatus();
  }
  WF_ASSIGN_OR_RETURN(const HttpResponse response, Get(http, endpoint, endpoint.root + "/health"));
  if (response.status < 500) {
    return absl::OkStatus();
  }
  return EngineErrorStatus(ReadEngineError(response.status, response.body));
}

EngineFacts ProbeEngine(HttpClient& http, const OpenAiEndpoint& endpoint, OpenAiDialect dialect,
                        const std::string& model) {
  EngineFacts facts;
  switch (dialect) {
    case OpenAiDialect::kLlamaServer: {
      const json props = GetObject(http, endpoint, endpoint.root + "/props");
      facts.version = TextAt(props, {"build_info"});
      facts.context_tokens = CountAt(props, {"default_generation_settings", "n_ctx"});
      facts.defeats_prefix_cache = true;
      break;
    }
    case OpenAiDialect::kVllm:
      facts.version = TextAt(GetObject(http, endpoint, endpoint.root + "/version"), {"version"});
      facts.defeats_prefix_cache = IsAtLeast(facts.version, kVllmWithCacheSalt);
      break;
    case OpenAiDialect::kLmStudio: {
      const json entry = GetObject(http, endpoint, endpoint.root + "/api/v0/models/" + model);
      facts.quantization = TextAt(entry, {"quantization"});
      facts.context_tokens = CountAt(entry, {"loaded_context_length"});
      break;
    }
    case OpenAiDialect::kOpenAi:
    case OpenAiDialect::kMlx:
      break;
  }
  return facts;
}

}  // namespace wattfleet::agent
