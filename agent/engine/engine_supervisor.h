#ifndef WF_AGENT_ENGINE_ENGINE_SUPERVISOR_H_
#define WF_AGENT_ENGINE_ENGINE_SUPERVISOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/backend/inference_backend.h"
#include "common/domain/fleet.h"
#include "common/domain/pair.h"
#include "common/task/task_runner.h"

namespace wattfleet::agent {

// One `engines:` entry of agent.yaml.
struct EngineConfig {
  std::string kind;
  std::string url;      // already running, or
  std::string command;  // started, watched and stopped by the agent: argv with {ref} {port}
                        // {concurrency} {context}, split like a POSIX shell would, never run by one
  std::string api_key_file;
  std::vector<std::string> refs;  // offered; empty = ask the engine (url), or any (command)
  std::chrono::milliseconds start_timeout{120'000};
};

// An engine that answers for one build, until released.
struct ReadyEngine {
  std::shared_ptr<InferenceBackend> backend;
  EngineIdentity identity;
  bool co_located = true;  // runs on this host: its energy can be measured here
  // The process that does its work, with all that it started. Absent where it is not known, as of
  // engines that work in a process of somebody else's (another user's, a container).
  std::optional<int> process;
};

// Starts, probes, loads, watches and stops engines: at most one started engine per instance. All
// calls and callbacks on the agent's task runner; work that blocks happens on the supervisor's own
// thread.
class EngineSupervisor {
 public:
  virtual ~EngineSupervisor() = default;

  // What can be offered in Hello, asked of the engines anew; engines that do not answer are left
  // out.
  virtual void Offers(std::function<void(std::vector<EngineOffer>)> done) = 0;

  // Makes `build` ready on `instance` with room for `concurrency` requests; swaps the engine that
  // runs there, if another. NOT_FOUND: no such engine or model here; UNAVAILABLE: it did not come
  // up (the last lines it printed are in the message); UNAUTHENTICATED, RESOURCE_EXHAUSTED (quota).
  virtual void Acquire(const std::string& instance, const Build& build, std::int32_t concurrency,
                       std::optional<std::int64_t> context_tokens,
                       std::function<void(absl::StatusOr<ReadyEngine>)> done) = 0;

  // Says that the engine on `instance` misbehaves (died, hangs, answers garbage): a started one is
  // killed, so that the next Acquire starts afresh.
  virtual void Distrust(const std::string& instance) = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENGINE_ENGINE_SUPERVISOR_H_
