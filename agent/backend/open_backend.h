#ifndef WF_AGENT_BACKEND_OPEN_BACKEND_H_
#define WF_AGENT_BACKEND_OPEN_BACKEND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/backend/inference_backend.h"
#include "common/domain/pair.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct BackendOptions {
  std::string base_url;  // of the engine's API, e.g. "http://127.0.0.1:8080"
  std::string api_key;   // never logged
  Build build;
  bool replay_at_recorded_pace = false;
  std::uint64_t seed = 1;  // synthetic only
};

// The client for an engine kind: ollama has its own API; llama-server, vllm, lmstudio, mlx and
// openai speak the OpenAI one; replay and synthetic need no server. INVALID_ARGUMENT names the
// kinds. `clock` outlives the backend.
absl::StatusOr<std::unique_ptr<InferenceBackend>> OpenBackend(const BackendOptions& options,
                                                              const Clock& clock);

// Whether an engine of this kind needs no server: replay and synthetic.
bool NeedsNoServer(const std::string& engine_kind);

// The refs that the engine at options.base_url offers (options.build.ref is not looked at); "*"
// where it has no list. Blocks for seconds at most. UNAVAILABLE, DEADLINE_EXCEEDED: not up;
// UNAUTHENTICATED; RESOURCE_EXHAUSTED: quota; INVALID_ARGUMENT: unknown kind.
absl::StatusOr<std::vector<std::string>> ListEngineRefs(const BackendOptions& options,
                                                        const Clock& clock);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OPEN_BACKEND_H_
