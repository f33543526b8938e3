#include "agent/backend/ollama/ollama_backend.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <nlohmann/json.hpp>

#include "agent/backend/engine_error.h"
#include "agent/backend/ollama/ollama_request.h"
#include "agent/backend/ollama/ollama_stream.h"
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

// The entry of `list`, an answer of /api/tags, for `ref`.
absl::StatusOr<json> FindModel(const json& list, const std::string& ref) {
  std::vector<std::string> names;
  for (const json& entry : list["models"]) {
    const std::string name = TextAt(entry, "name");
    if (name == ref || name == ref + ":latest") {
      return entry;
    }
    if (names.size() < kNamesShown) {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("ollama has no model \"%s\"; none is installed", ref));
  }
  return absl::NotFoundError(absl::StrFormat("ollama has no model \"%s\"; installed are %s%s", ref,
                                             absl::StrJoin(names, ", "),
                                             list["models"].size() > names.size() ? ", ..." : ""));
}

}  // namespace

OllamaBackend::OllamaBackend(OllamaOptions options, std::unique_ptr<HttpClient> http,
                             const Clock& clock)
    : options_(std::move(options)),
      root_(options_.base_url.substr(0, options_.base_url.find_last_not_of('/') + 1)),
      exchanges_(
          {.write = [this](const InferenceRequest& request,
                           const RequestWording& wording) { return Write(request, wording); },
           .receive =
               [&clock](AnswerStream::Ended ended) {
                 return std::make_unique<OllamaStream>(clock, std::move(ended));
               },
           .learn = LearnFromOllama,
           .secret = options_.api_key},
          std::move(http), clock) {}

absl::StatusOr<EngineIdentity> OllamaBackend::Identify() {
  WF_ASSIGN_OR_RETURN(const std::string tags, Get("/api/tags"));
  const json list = json::parse(tags, nullptr, false);
  if (!list.is_object() || !list.contains("models") || !list["models"].is_array()) {
    return absl::UnavailableError(absl::StrFormat("%s/api/tags is no list of models but %s", root_,
                                                  ReadEngineError(200, tags).message));
  }
  WF_ASSIGN_OR_RETURN(const json model, FindModel(list, options_.ref));

  EngineIdentity identity;
  identity.engine_kind = "ollama";
  identity.model_digest = TextAt(model, "digest");
  if (const auto details = model.find("details"); details != model.end()) {
    identity.quantization = TextAt(*details, "quantization_level");
  }
  if (const absl::StatusOr<std::string> version = Get("/api/version"); version.ok()) {
    identity.engine_version = TextAt(json::parse(*version, nullptr, false), "version");
  }
  if (exchanges_.wording().dropped.contains("think")) {
    identity.dropped_parameters = {"think"};
  }
  return identity;
}

absl::StatusOr<std::string> OllamaBackend::Get(const std::string& path) {
  using std::chrono::seconds;
  HttpRequest request;
  request.url = root_ + path;
  request.headers = Headers();
  request.timeouts = {
      .connect = seconds(3), .first = seconds(10), .idle = seconds(10), .total = seconds(20)};
  WF_ASSIGN_OR_RETURN(HttpResponse response, FetchHttp(exchanges_.http(), std::move(request)));
  if (response.status != 200) {
    EngineError error = ReadEngineError(response.status, response.body);
    error.message = Redacted(std::move(error.message), options_.api_key);
    return EngineErrorStatus(error);
  }
  return std::move(response.body);
}

HttpHeaders OllamaBackend::Headers() const {
  HttpHeaders headers = {{"Accept", "application/x-ndjson, application/json"}};
  if (!options_.api_key.empty()) {
    headers.emplace_back("Authorization", absl::StrCat("Bearer ", options_.api_key));
  }
  return headers;
}

void OllamaBackend::Send(InferenceRequest request, std::function<void(InferenceReply)> done) {
  exchanges_.Send(std::move(request), /*no_output_limit=*/false, std::move(done));
}

WrittenRequest OllamaBackend::Write(const InferenceRequest& request,
                                    const RequestWording& wording) const {
  OllamaRequestText text = WriteOllamaRequest(request, options_.ref, wording);
  WrittenRequest written;
  written.dropped_parameter = text.dropped_parameter;
  written.http.method = "POST";
  written.http.url = root_ + "/api/chat";
  written.http.headers = Headers();
  written.http.headers.emplace_back("Content-Type", "application/json");
  written.http.body = std::move(text.body);
  return written;
}

void OllamaBackend::CancelAll() {
  exchanges_.CancelAll();
}

}  // namespace wattfleet::agent
