#include "agent/engine/plain_engines.h"

#include <fstream>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "agent/backend/open_backend.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

absl::StatusOr<std::string> ReadKey(const std::string& path) {
  if (path.empty()) {
    return "";
  }
  std::ifstream file(path);
  std::string key;
  if (!std::getline(file, key)) {
    return absl::NotFoundError(absl::StrFormat("cannot read an API key from %s", path));
  }
  return key;
}

bool IsHere(const std::string& url) {
  return url.empty() || url.find("//127.") != url.npos || url.find("//localhost") != url.npos ||
         url.find("//[::1]") != url.npos;
}

}  // namespace

PlainEngines::PlainEngines(std::vector<EngineConfig> engines, TaskRunner& runner,
                           const Clock& clock)
    : engines_(std::move(engines)), runner_(runner), clock_(clock), opener_("engines", clock) {}

void PlainEngines::Offers(std::function<void(std::vector<EngineOffer>)> done) {
  std::vector<EngineOffer> offers;
  for (const EngineConfig& engine : engines_) {
    if (engine.command.empty()) {
      offers.push_back({.kind = engine.kind,
                        .refs = engine.refs.empty() ? std::vector<std::string>{"*"} : engine.refs,
                        .base_url = engine.url});
    }
  }
  runner_.Post([done = std::move(done), offers = std::move(offers)] { done(offers); });
}

void PlainEngines::Acquire(const std::string&, const Build& build, std::int32_t,
                           std::optional<std::int64_t>,
                           std::function<void(absl::StatusOr<ReadyEngine>)> done) {
  opener_.Post([this, build, done = std::move(done)] {
    runner_.Post([done, engine = Open(build)] { done(engine); });
  });
}

absl::StatusOr<ReadyEngine> PlainEngines::Open(const Build& build) const {
  std::set<std::string> kinds;
  for (const EngineConfig& engine : engines_) {
    kinds.insert(engine.kind);
    const bool is_other_server = !build.base_url.empty() && build.base_url != engine.url;
    if (engine.kind != build.engine || !engine.command.empty() || is_other_server) {
      continue;
    }
    BackendOptions options{.base_url = engine.url, .build = build};
    WF_ASSIGN_OR_RETURN(options.api_key, ReadKey(engine.api_key_file));
    ReadyEngine ready{.co_located = IsHere(engine.url)};
    WF_ASSIGN_OR_RETURN(ready.backend, OpenBackend(options, clock_));
    WF_ASSIGN_OR_RETURN(ready.identity, ready.backend->Identify());
    return ready;
  }
  return absl::NotFoundError(absl::StrFormat("no engine %s here, there are: %s", build.engine,
                                             absl::StrJoin(kinds, ", ")));
}

void PlainEngines::Distrust(const std::string&) {}

}  // namespace wattfleet::agent
