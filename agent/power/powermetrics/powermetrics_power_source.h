#ifndef WF_AGENT_POWER_POWERMETRICS_POWERMETRICS_POWER_SOURCE_H_
#define WF_AGENT_POWER_POWERMETRICS_POWERMETRICS_POWER_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

#include "agent/power/power_config.h"
#include "agent/power/power_source.h"
#include "agent/power/powermetrics/powermetrics_report.h"
#include "common/process/posix_process_launcher.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

// CPU, GPU and neural engine of an Apple chip together, without its memory, from macOS's own
// powermetrics: what the intelligence-per-watt paper sums. A child process under `sudo -n`, which
// never asks for a password, writes a report every 200 ms. Reading takes what has come and never
// waits; a report's span ends when it has come, and reads every 10 ms keep that moment.
//
// A report that is malformed, or says that nothing drew anything, leaves its time unmeasured. When
// the child ends, the channel is lost; it is started anew every 10 s.
class PowermetricsPowerSource final : public PowerSource {
 public:
  // Options: program (/usr/bin/powermetrics), sudo (sudo; "none" starts the program itself),
  // interval_ms (200), patience_ms (5000) for the first report with power in it, poll_ms (10).
  // NOT_FOUND: no powermetrics. PERMISSION_DENIED: sudo refuses, with the sudoers line as the
  // remedy. UNIMPLEMENTED: its reports have no power in them. UNAVAILABLE: it ended or said
  // nothing.
  static absl::StatusOr<std::unique_ptr<PowerSource>> Open(const SourceRequest& request,
                                                           const PowerPaths& paths);
  ~PowermetricsPowerSource() override;

  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return poll_period_; }
  void Read(std::span<ChannelValue> values) override;

 private:
  // What the reports that came since the last read add up to.
  struct Taken {
    std::uint64_t nanojoules = 0;
    std::int64_t elapsed_ns = 0;
    Flags flags = 0;
  };
  PowermetricsPowerSource(std::vector<std::string> command, std::chrono::milliseconds interval,
                          std::chrono::nanoseconds poll_period);
  absl::Status Start();
  // Waits for the first report with power in it.
  absl::Status AwaitFirst(std::chrono::milliseconds patience);
  absl::Status WhyEnded(const ProcessExit& exit) const;
  void TakeOutput(std::string_view bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  void TakeDocument(std::string_view document) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // GAP when the reports' spans no longer add up to the time that passed.
  Flags CheckDrift(std::int64_t elapsed_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RestartWhenDue();

  const std::string name_ = "powermetrics";
  const SystemClock clock_;
  const std::vector<std::string> command_;
  const std::chrono::milliseconds interval_;
  const std::chrono::nanoseconds poll_period_;
  std::vector<ChannelSpec> specs_;
  MonotonicTime started_{};

  mutable absl::Mutex mutex_;
  PlistSplitter splitter_ ABSL_GUARDED_BY(mutex_);
  Taken taken_ ABSL_GUARDED_BY(mutex_);
  int reports_ ABSL_GUARDED_BY(mutex_) = 0;          // of this child
  int powered_reports_ ABSL_GUARDED_BY(mutex_) = 0;  // those with power in them
  std::optional<MonotonicTime> anchor_ ABSL_GUARDED_BY(mutex_);
  std::int64_t since_anchor_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last, so that it ends before what its output is written to.
  std::unique_ptr<ChildProcess> process_;
};

// The line of /etc/sudoers.d that lets `user` start exactly this command.
std::string SudoersLine(std::string_view user, std::span<const std::string> command);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_POWERMETRICS_POWERMETRICS_POWER_SOURCE_H_
