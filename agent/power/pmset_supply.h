#ifndef WF_AGENT_POWER_PMSET_SUPPLY_H_
#define WF_AGENT_POWER_PMSET_SUPPLY_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/power/supply_state.h"
#include "common/process/posix_process_launcher.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Where macOS has the program that tells what the machine runs on.
inline constexpr char kPmset[] = "/usr/bin/pmset";

// What `pmset -g batt` says: "Now drawing from 'AC Power'", or 'Battery Power'. An uninterruptible
// supply ('UPS Power') feeds the machine as the mains do. Nothing where it says something else.
std::optional<SupplyState> ParsePmset(std::string_view output);

// Follows what a Mac runs on by asking pmset every two seconds, which costs some milliseconds of a
// process each. Thread-safe: one serves all samplers.
class PmsetSupply {
 public:
  // Nullptr where there is no such program. `clock` outlives this.
  static std::unique_ptr<PmsetSupply> Open(const std::string& program, const Clock& clock);

  // The last answer; nothing where none has come for ten seconds. Asks anew when it is time, and
  // does not wait for the answer.
  std::optional<SupplyState> Read() ABSL_LOCKS_EXCLUDED(mutex_);
  // As Read, but waits for an answer that is under way, at most `span`.
  std::optional<SupplyState> Await(std::chrono::milliseconds span) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  PmsetSupply(std::string program, const Clock& clock)
      : program_(std::move(program)), clock_(clock) {}
  std::optional<SupplyState> ReadLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeAnswer(MonotonicTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string program_;
  const Clock& clock_;
  PosixProcessLauncher launcher_;
  absl::Mutex mutex_;
  std::unique_ptr<ChildProcess> asked_ ABSL_GUARDED_BY(mutex_);
  std::optional<MonotonicTime> asked_at_ ABSL_GUARDED_BY(mutex_);
  std::optional<SupplyState> answer_ ABSL_GUARDED_BY(mutex_);
  MonotonicTime answered_at_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_PMSET_SUPPLY_H_
