#ifndef WF_AGENT_DRIVE_WARM_UP_H_
#define WF_AGENT_DRIVE_WARM_UP_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/domain/flags.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// How long an engine is warming up once it is started, or has another model, or stood idle: the
// first `requests`, those sent within `time` of the first, and those sent until the accelerator's
// power and temperature have settled, but at most within `steady` of the first.
struct WarmUpOptions {
  std::int32_t requests = 10;
  std::chrono::nanoseconds time{0};
  std::chrono::nanoseconds steady{0};
  bool operator==(const WarmUpOptions&) const = default;
};

// Tells of each request of one engine whether it is sent while the engine is warming up. Spans
// leases: an engine that has just worked is warm.
class WarmUp {
 public:
  explicit WarmUp(WarmUpOptions options) : options_(options) {}

  // The next request is the first one.
  void Begin();
  // WARMUP or nothing, for the request that is sent now, while the accelerator's power and
  // temperature have settled or not. Begins anew after a minute without one.
  Flags OnSend(MonotonicTime now, bool is_steady = true);

 private:
  const WarmUpOptions options_;
  std::int32_t sent_ = 0;
  bool has_settled_ = false;  // or was waited for long enough
  std::optional<MonotonicTime> first_;
  std::optional<MonotonicTime> last_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_WARM_UP_H_
