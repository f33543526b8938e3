#include "agent/engine/instance_engine.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include <unistd.h>

#include "agent/backend/open_backend.h"
#include "agent/engine/running_engine.h"
#include "common/http/http_url.h"
#include "common/process/process_table.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

// Where the engine of an entry is for a build: a sweep may say it where the agent's file does not.
const std::string& UrlFor(const EngineConfig& config, const Build& build) {
  return config.url.empty() ? build.base_url : config.url;
}

bool MayServe(const EngineConfig& config, const Build& build) {
  const bool is_elsewhere =
      !build.base_url.empty() && !config.url.empty() && build.base_url != config.url;
  const bool offers =
      config.refs.empty() ||
      std::find(config.refs.begin(), config.refs.end(), build.ref) != config.refs.end() ||
      std::find(config.refs.begin(), config.refs.end(), "*") != config.refs.end();
  return config.kind == build.engine && !is_elsewhere && offers;
}

absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  std::ifstream file(path);
  std::string key;
  std::getline(file, key);
  absl::StripAsciiWhitespace(&key);
  if (key.empty()) {
    return absl::NotFoundError(absl::StrFormat("no API key in %s", path));
  }
  return key;
}

absl::Status NobodyServes(const std::vector<EngineConfig>& configs, const Build& build) {
  std::set<std::string> kinds;
  for (const EngineConfig& config : configs) {
    kinds.insert(config.kind);
    if (config.kind == build.engine &&
        MayServe(config, {.engine = build.engine, .ref = build.ref})) {
      return absl::NotFoundError(
          absl::StrFormat("no engine %s at %s here", build.engine, build.base_url));
    }
  }
  if (kinds.contains(build.engine)) {
    return absl::NotFoundError(
        absl::StrFormat("engine %s is not offered for \"%s\" here", build.engine, build.ref));
  }
  return absl::NotFoundError(
      absl::StrFormat("no engine %s here; there are: %s", build.engine,
                      kinds.empty() ? std::string("none") : absl::StrJoin(kinds, ", ")));
}

}  // namespace

absl::StatusOr<std::string> ApiKeyFor(const EngineConfig& config, const Build& build) {
  if (!config.api_key_file.empty()) {
    return ReadKeyFile(config.api_key_file);
  }
  if (config.url.empty() && !build.api_key_file.empty()) {
    return ReadKeyFile(build.api_key_file);
  }
  if (config.kind != "openai" || config.url.empty()) {
    return std::string();
  }
  const char* key = std::getenv("OPENAI_API_KEY");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return std::string(key == nullptr ? "" : key);
}

absl::StatusOr<ReadyEngine> InstanceEngine::Acquire(const std::vector<EngineConfig>& configs,
                                                    const EngineDemand& demand) {
  if (interruption_.requested()) {
    return absl::CancelledError("shutting down");
  }
  absl::Status failure;
  for (const EngineConfig& config : configs) {
    if (!MayServe(config, demand.build)) {
      continue;
    }
    absl::StatusOr<ReadyEngine> engine = AcquireFrom(config, demand);
    if (engine.ok() || absl::IsCancelled(engine.status())) {
      return engine;
    }
    // Of several entries, one that may serve later tells more than one that lacks the model.
    if (failure.ok() || absl::IsNotFound(failure)) {
      failure = engine.status();
    }
  }
  return failure.ok() ? NobodyServes(configs, demand.build) : failure;
}

absl::StatusOr<ReadyEngine> InstanceEngine::AcquireFrom(const EngineConfig& config,
                                                        const EngineDemand& demand) {
  if (!config.command.empty()) {
    return AcquireStarted(config, demand);
  }
  return AcquireRunning(config, demand);
}

absl::StatusOr<ReadyEngine> InstanceEngine::AcquireStarted(const EngineConfig& config,
                                                           const EngineDemand& demand) {
  client_ = {};
  absl::StatusOr<EngineIdentity> identity = absl::UnavailableError("not started");
  if (started_ != nullptr && started_->Serves(config, demand)) {
    identity = started_->Identify();
  }
  if (absl::IsCancelled(identity.status())) {
    return identity.status();
  }
  if (!identity.ok()) {
    started_.reset();  // first, so that two never share the accelerator
    WF_ASSIGN_OR_RETURN(started_, StartedEngine::Start(config, demand, world_));
    WF_ASSIGN_OR_RETURN(identity, started_->Identify());
  }
  if (identity->quantization.empty()) {
    identity->quantization = demand.build.quantization;
  }
  return ReadyEngine{.backend = started_->backend(),
                     .identity = *std::move(identity),
                     .co_located = true,
                     .process = started_->WorkingProcess()};
}

absl::StatusOr<ReadyEngine> InstanceEngine::AcquireRunning(const EngineConfig& config,
                                                           const EngineDemand& demand) {
  started_.reset();
  const std::string& url = UrlFor(config, demand.build);
  if (client_.backend == nullptr || client_.url != url || client_.build != demand.build) {
    BackendOptions options{.base_url = url, .build = demand.build};
    WF_ASSIGN_OR_RETURN(options.api_key, ApiKeyFor(config, demand.build));
    WF_ASSIGN_OR_RETURN(std::shared_ptr<InferenceBackend> backend,
                        OpenBackend(options, world_.clock));
    client_ = {.url = url, .build = demand.build, .backend = std::move(backend)};
  }
  WF_ASSIGN_OR_RETURN(EngineIdentity identity, interruption_.Identify(*client_.backend));
  if (identity.quantization.empty()) {
    identity.quantization = demand.build.quantization;
  }
  return ReadyEngine{.backend = client_.backend,
                     .identity = std::move(identity),
                     .co_located = url.empty() || IsLoopbackUrl(url),
                     .process = ProcessBehind(ProcessTable(), url, getpid())};
}

void InstanceEngine::Drop() {
  client_ = {};
  if (started_ != nullptr) {
    started_->Kill();
    started_.reset();
  }
}

}  // namespace wattfleet::agent
