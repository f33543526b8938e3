#ifndef WF_AGENT_BACKEND_INFERENCE_BACKEND_H_
#define WF_AGENT_BACKEND_INFERENCE_BACKEND_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/domain/pair.h"
#include "common/domain/result.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct InferenceRequest {
  std::uint64_t id = 0;  // unique within the agent's life
  std::string query_id;
  std::string system;  // may be empty
  std::string prompt;
  Generation generation;
  Timeouts timeouts;
};

// What the engine itself measured of a request; absent where it does not tell.
struct EngineDurations {
  std::optional<std::int64_t> load_ns;     // bringing the model into memory, within this request
  std::optional<std::int64_t> prefill_ns;  // reading the prompt
  std::optional<std::int64_t> decode_ns;   // writing the answer
  bool operator==(const EngineDurations&) const = default;
};

// How one request ended, stamped where the event happened, on this host's monotonic clock.
struct InferenceReply {
  Failure failure = Failure::kNone;  // kNone: the engine answered, perhaps with nothing
  Finish finish = Finish::kUnknown;
  MonotonicTime sent{};
  MonotonicTime done{};  // last token received, or the error
  ResponseBody body;     // content, reasoning, chunk stamps since `sent`
  std::optional<std::int64_t> ttft_ns;
  std::optional<std::int64_t> ttfo_ns;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> cached_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  TokenSource token_source = TokenSource::kNone;
  EngineDurations engine_durations;
  Flags flags = 0;
  std::optional<std::chrono::milliseconds> retry_after;  // with kRateLimited
  std::optional<Microjoules> recorded_energy;            // replay only; never shown as measured
  std::optional<std::int64_t> recorded_duration_ns;      // replay only
  std::string error;                                     // one line, with failure != kNone
};

// Who answers: what a seal and an environment are made of.
struct EngineIdentity {
  std::string engine_kind;
  std::string engine_version;
  std::string model_digest;  // empty when the engine does not say
  std::string quantization;
  std::optional<std::int64_t> context_tokens;
  std::vector<std::string> dropped_parameters;  // asked for, and ignored by this engine
  bool prefix_cache_controlled = false;
  std::optional<std::int64_t> recorded_answers;  // replay only: rows of the recording
};

// A client of one inference API, for one model of one engine.
class InferenceBackend {
 public:
  virtual ~InferenceBackend() = default;

  // Asks the engine who it is and whether it has the model; blocking, called before the first Send.
  // UNAVAILABLE: not up (yet); NOT_FOUND: up, without the model (message names what it has);
  // UNAUTHENTICATED, RESOURCE_EXHAUSTED (quota).
  virtual absl::StatusOr<EngineIdentity> Identify() = 0;

  // Runs one request. `done` is called exactly once, on any thread, possibly before Send returns.
  // Thread-safe. The destructor waits for all outstanding calls, which end as kCancelled.
  virtual void Send(InferenceRequest request, std::function<void(InferenceReply)> done) = 0;

  // Ends everything in flight with kCancelled, soon.
  virtual void CancelAll() = 0;

  // Whether the text of the prompt matters to it; replay answers by query id.
  virtual bool NeedsPrompts() const { return true; }
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_INFERENCE_BACKEND_H_
