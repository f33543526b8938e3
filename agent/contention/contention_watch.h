#ifndef WF_AGENT_CONTENTION_CONTENTION_WATCH_H_
#define WF_AGENT_CONTENTION_CONTENTION_WATCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/flags.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// An engine on this host, as far as its share in the host's work matters.
struct WorkingEngine {
  // The process that does the work, with its children. Absent: nobody knows whose work is the
  // engine's.
  std::optional<int> process;
  std::vector<std::string> device_ids;  // of the accelerator that it works on
};

// Tells whether other programs worked on this host while a query was measured (reference:
// energy.md 6). Confined to one runner.
class ContentionWatch {
 public:
  using Stay = std::uint64_t;  // of one lease's engine

  virtual ~ContentionWatch() = default;

  // From now until Leave the engine's work is not that of others.
  virtual Stay Enter(WorkingEngine engine) = 0;
  virtual void Leave(Stay stay) = 0;

  // Calls `done` on the runner, perhaps before this returns, with CONTENDED when others used the
  // machine from `from` to `to`, which has passed; with nothing when they did not, or when it
  // cannot be told. Before Leave.
  virtual void Judge(Stay stay, MonotonicTime from, MonotonicTime to,
                     std::function<void(Flags)> done) = 0;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_CONTENTION_CONTENTION_WATCH_H_
