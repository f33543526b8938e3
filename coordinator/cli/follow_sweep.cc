#include "coordinator/cli/follow_sweep.h"

#include <chrono>

#include "common/status/status_macros.h"
#include "coordinator/cli/progress_printer.h"
#include "coordinator/cli/progress_text.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::milliseconds kLookEvery{250};
// A coordinator that was killed and started again is back within this.
constexpr std::chrono::seconds kAbsenceForgiven{60};

}  // namespace

absl::StatusOr<std::string> FollowSweep(
    FleetClient& fleet, const std::string& sweep, Interrupt& interrupt, const Clock& clock,
    const std::function<absl::Status(const SweepProgress&)>& attend) {
  ProgressPrinter printer(clock);
  MonotonicTime last_seen = clock.MonotonicNow();
  SweepProgress now;
  while (!interrupt.WaitFor(kLookEvery)) {
    WF_RETURN_IF_ERROR(attend(now));
    const absl::StatusOr<FleetProgress> progress = fleet.Status(sweep);
    if (!progress.ok()) {
      const bool is_away =
          absl::IsUnavailable(progress.status()) || absl::IsDeadlineExceeded(progress.status());
      if (!is_away || clock.MonotonicNow() - last_seen > kAbsenceForgiven) {
        return progress.status();
      }
      continue;
    }
    last_seen = clock.MonotonicNow();
    now = progress->sweeps.front();
    printer.Show(now);
    if (HasEnded(now.state)) {
      return now.state;
    }
  }
  return absl::CancelledError("interrupted");
}

}  // namespace wattfleet::coordinator
