#ifndef WF_AGENT_DRIVE_CONCURRENCY_PROBE_H_
#define WF_AGENT_DRIVE_CONCURRENCY_PROBE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "agent/backend/inference_backend.h"
#include "agent/drive/driver.h"
#include "agent/energy/energy_account.h"

namespace wattfleet::agent {

// What a probe found.
struct Overlap {
  std::int32_t asked = 0;  // requests sent together
  std::int32_t most = 0;   // of which so many were being answered at one moment
  bool has_seen_streams = false;

  bool is_proven() const { return most >= asked; }
  // "NOT_CONCURRENT: of 8 requests sent together at most 3 were answered at a time".
  std::string Text() const;
};

// How many of `replies` were being answered at one moment: the most spans from first to last chunk
// that overlap. Only the order of the chunks counts, not how long anything took, so a slow engine
// is judged like a fast one. An answer in one piece has no span.
Overlap MeasureOverlap(std::span<const InferenceReply> replies);

// Asks an engine c things at once, outside the workload, and sees whether it answers them at once.
// Longer answers are asked for while shorter ones do not show it. What the requests cost is booked
// as uncounted. Confined to the runner; keeps itself alive until its last reply.
class ConcurrencyProbe final : public std::enable_shared_from_this<ConcurrencyProbe> {
 public:
  using Done = std::function<void(absl::StatusOr<Overlap>)>;

  // `options` are the pair's, with c > 1. `world` outlives this; the engine's account until Abandon
  // or `done`.
  ConcurrencyProbe(DriveWorld& world, const DriveOptions& options, DriveEngine engine);

  // `done` is called once, on the runner: with what was seen, or, when no request was answered,
  // with why: UNAVAILABLE; UNAUTHENTICATED or RESOURCE_EXHAUSTED where asking again is no use.
  void Start(Done done);
  // Cancels what is in flight; `done` is not called.
  void Abandon();

 private:
  void SendRound();
  void OnReply(std::uint64_t request, InferenceReply reply);
  void EndRound();

  DriveWorld& world_;
  const DriveOptions options_;
  DriveEngine engine_;
  Done done_;
  std::int64_t output_tokens_;
  std::int32_t in_flight_ = 0;
  std::vector<InferenceReply> replies_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_CONCURRENCY_PROBE_H_
