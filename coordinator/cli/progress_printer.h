#ifndef WF_COORDINATOR_CLI_PROGRESS_PRINTER_H_
#define WF_COORDINATOR_CLI_PROGRESS_PRINTER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "common/time/clock.h"
#include "coordinator/cli/fleet_client.h"

namespace wattfleet::coordinator {

// Shows a sweep's progress on standard error: on a terminal a few live lines, elsewhere one plain
// line every 10 seconds and one at the end. Reports on standard output stay clean.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(const Clock& clock);
  // Leaves the last state on the screen.
  ~ProgressPrinter() { Finish(); }
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  void Show(const SweepProgress& sweep);
  // A line that stays, above the live ones.
  void Note(const std::string& line);
  // No more live lines from here on.
  void Finish();

 private:
  // Of the last minute or so; nothing before there is enough to tell.
  std::optional<double> Speed(MonotonicTime now, std::int64_t done);
  void Erase();

  struct Look {
    MonotonicTime at;
    std::int64_t done;
  };
  const Clock& clock_;
  bool is_terminal_;
  std::size_t live_lines_ = 0;
  std::optional<MonotonicTime> last_line_;
  std::deque<Look> looks_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_PROGRESS_PRINTER_H_
