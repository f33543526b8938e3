#ifndef WF_COORDINATOR_CLI_PROGRESS_TEXT_H_
#define WF_COORDINATOR_CLI_PROGRESS_TEXT_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/cli/fleet_client.h"

namespace wattfleet::coordinator {

// What a sweep's pairs add up to.
struct SweepTotals {
  std::int64_t units = 0;
  std::int64_t done = 0;  // has a result, a permanent failure or a quarantine
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
};
SweepTotals Totals(const SweepProgress& sweep);

// Whether nothing more will happen to it by itself.
bool HasEnded(std::string_view state);

// One line: "overnight: 1200/24064 (5.0 %), 85.1/s, about 4m left, 12 failed". The speed is the
// sweep's as far as it is known.
std::string ProgressLine(const SweepProgress& sweep, std::optional<double> units_per_second);

// A few lines for a terminal `columns` wide: the line above, then the pairs at work, at most
// `lines` in all.
std::vector<std::string> ProgressLines(const SweepProgress& sweep,
                                       std::optional<double> units_per_second, std::size_t lines,
                                       std::size_t columns);

// "45s", "12m", "3h 20m".
std::string RoughDuration(std::chrono::seconds duration);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_PROGRESS_TEXT_H_
