#include "agent/engine/local_engine_supervisor.h"

#include <utility>

#include "absl/strings/str_split.h"

#include "agent/backend/open_backend.h"
#include "common/process/command_line.h"
#include "common/process/posix_process_launcher.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

bool IsListed(const std::vector<EngineConfig>& engines, const EngineConfig& engine) {
  for (const EngineConfig& listed : engines) {
    if (listed.kind == engine.kind && listed.url == engine.url) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> RefsOrAny(const EngineConfig& engine) {
  return engine.refs.empty() ? std::vector<std::string>{"*"} : engine.refs;
}

// Nothing when the engine does not answer.
std::optional<EngineOffer> AskEngine(const EngineConfig& engine, const Clock& clock) {
  EngineOffer offer{.kind = engine.kind, .refs = RefsOrAny(engine), .base_url = engine.url};
  if (NeedsNoServer(engine.kind)) {
    return offer;
  }
  if (!engine.command.empty()) {
    const absl::StatusOr<std::vector<std::string>> words = SplitCommand(engine.command);
    const bool can_start = words.ok() && FindProgramOnPath(words->front()).ok();
    return can_start ? std::optional(offer) : std::nullopt;
  }
  if (engine.url.empty()) {
    return offer;  // a sweep says where
  }
  BackendOptions options{.base_url = engine.url, .build = {.engine = engine.kind}};
  const absl::StatusOr<std::string> key = ApiKeyFor(engine, options.build);
  if (!key.ok()) {
    return std::nullopt;
  }
  options.api_key = *key;
  absl::StatusOr<std::vector<std::string>> refs = ListEngineRefs(options, clock);
  if (!refs.ok()) {
    return std::nullopt;
  }
  if (engine.refs.empty()) {
    offer.refs = *std::move(refs);
  }
  return offer;
}

}  // namespace

struct LocalEngineSupervisor::Instance {
  Instance(const Clock& clock, ProcessLauncher& launcher)
      : engine(clock, launcher), runner("wf-engine", clock) {}

  InstanceEngine engine;  // on its runner
  ThreadTaskRunner runner;
};

LocalEngineSupervisor::LocalEngineSupervisor(EngineSettings settings, TaskRunner& runner,
                                             const Clock& clock, ProcessLauncher& launcher)
    : settings_(std::move(settings)),
      runner_(runner),
      clock_(clock),
      launcher_(launcher),
      asker_("wf-offers", clock) {}

LocalEngineSupervisor::~LocalEngineSupervisor() {
  for (const auto& [name, instance] : instances_) {
    instance->engine.Interrupt();
  }
  for (const auto& [name, instance] : instances_) {
    instance->runner.Stop();
  }
}

void LocalEngineSupervisor::Offers(std::function<void(std::vector<EngineOffer>)> done) {
  asker_.Post(
      [this, done = std::move(done)] { runner_.Post([done, offers = Ask()] { done(offers); }); });
}

std::vector<EngineOffer> LocalEngineSupervisor::Ask() {
  std::vector<EngineConfig> discovered = DiscoverEngines(settings_.discover, clock_);
  {
    absl::MutexLock lock(&mutex_);
    discovered_ = std::move(discovered);
  }
  std::vector<EngineOffer> offers;
  for (const EngineConfig& engine : KnownEngines()) {
    if (std::optional<EngineOffer> offer = AskEngine(engine, clock_)) {
      offers.push_back(*std::move(offer));
    }
  }
  return offers;
}

std::vector<EngineConfig> LocalEngineSupervisor::KnownEngines() const {
  std::vector<EngineConfig> engines = settings_.engines;
  absl::MutexLock lock(&mutex_);
  for (const EngineConfig& engine : discovered_) {
    if (!IsListed(engines, engine)) {
      engines.push_back(engine);
    }
  }
  return engines;
}

void LocalEngineSupervisor::Acquire(const std::string& instance, const Build& build,
                                    std::int32_t concurrency,
                                    std::optional<std::int64_t> context_tokens,
                                    std::function<void(absl::StatusOr<ReadyEngine>)> done) {
  Instance& named = InstanceNamed(instance);
  EngineDemand demand{.build = build, .concurrency = concurrency, .context_tokens = context_tokens};
  named.runner.Post([this, &named, demand = std::move(demand), done = std::move(done)] {
    runner_.Post([done, engine = named.engine.Acquire(KnownEngines(), demand)] { done(engine); });
  });
}

void LocalEngineSupervisor::Distrust(const std::string& instance) {
  Instance& named = InstanceNamed(instance);
  named.runner.Post([&named] { named.engine.Drop(); });
}

LocalEngineSupervisor::Instance& LocalEngineSupervisor::InstanceNamed(const std::string& name) {
  std::unique_ptr<Instance>& instance = instances_[name];
  if (instance == nullptr) {
    instance = std::make_unique<Instance>(clock_, launcher_);
  }
  return *instance;
}

}  // namespace wattfleet::agent
