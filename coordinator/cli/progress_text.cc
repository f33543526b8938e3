#include "coordinator/cli/progress_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace wattfleet::coordinator {

namespace {

// 100 only when all is done.
double Percent(std::int64_t done, std::int64_t units) {
  return units == 0
             ? 0
             : std::floor(1000.0 * static_cast<double>(done) / static_cast<double>(units)) / 10.0;
}

std::string Counts(std::int64_t done, std::int64_t units) {
  return absl::StrFormat("%d/%d (%.1f %%)", done, units, Percent(done, units));
}

std::string PairLine(const PairProgress& pair) {
  std::string line =
      absl::StrFormat("  %s: %s", pair.name, Counts(pair.units - pair.open, pair.units));
  if (pair.units_per_second > 0) {
    absl::StrAppendFormat(&line, ", %.1f/s", pair.units_per_second);
  }
  if (pair.state != "open") {
    absl::StrAppend(&line, ", ", pair.state);
  }
  if (!pair.reason.empty()) {
    absl::StrAppend(&line, ": ", pair.reason);
  }
  return line;
}

// Whether the pair is worth one of the few lines: at work, or stuck.
bool IsOfInterest(const PairProgress& pair) {
  return !pair.agents.empty() || pair.state == "blocked";
}

}  // namespace

SweepTotals Totals(const SweepProgress& sweep) {
  SweepTotals totals;
  for (const PairProgress& pair : sweep.pairs) {
    totals.units += pair.units;
    totals.done += pair.units - pair.open;
    totals.failed += pair.failed;
    totals.quarantined += pair.quarantined;
  }
  return totals;
}

bool HasEnded(std::string_view state) {
  return state == "complete" || state == "complete_with_gaps" || state == "cancelled";
}

std::string RoughDuration(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  if (seconds < 100) {
    return absl::StrFormat("%ds", seconds);
  }
  const auto minutes = (seconds + 30) / 60;
  if (minutes < 100) {
    return absl::StrFormat("%dm", minutes);
  }
  return absl::StrFormat("%dh %dm", minutes / 60, minutes % 60);
}

std::string ProgressLine(const SweepProgress& sweep, std::optional<double> units_per_second) {
  const SweepTotals totals = Totals(sweep);
  std::string line = absl::StrFormat("%s: %s", sweep.name, Counts(totals.done, totals.units));
  if (units_per_second && *units_per_second > 0 && totals.done < totals.units) {
    const double left = static_cast<double>(totals.units - totals.done) / *units_per_second;
    absl::StrAppendFormat(&line, ", %.1f/s, about %s left", *units_per_second,
                          RoughDuration(std::chrono::seconds(std::llround(std::min(left, 1e9)))));
  }
  if (totals.failed > 0) {
    absl::StrAppendFormat(&line, ", %d failed", totals.failed);
  }
  if (totals.quarantined > 0) {
    absl::StrAppendFormat(&line, ", %d quarantined", totals.quarantined);
  }
  if (sweep.state != "running") {
    absl::StrAppend(&line, ", ", sweep.state);
  }
  if (!sweep.reason.empty()) {
    absl::StrAppend(&line, ": ", sweep.reason);
  }
  return line;
}

std::vector<std::string> ProgressLines(const SweepProgress& sweep,
                                       std::optional<double> units_per_second, std::size_t lines,
                                       std::size_t columns) {
  std::vector<std::string> shown = {ProgressLine(sweep, units_per_second)};
  std::size_t hidden = 0;
  for (const PairProgress& pair : sweep.pairs) {
    if (!IsOfInterest(pair)) {
      continue;
    }
    if (shown.size() + 1 < lines) {
      shown.push_back(PairLine(pair));
    } else {
      ++hidden;
    }
  }
  if (hidden > 0) {
    shown.push_back(absl::StrFormat("  and %d more at work", hidden));
  }
  for (std::string& line : shown) {
    if (line.size() > columns && columns > 3) {
      line = line.substr(0, columns - 3) + "...";
    }
  }
  return shown;
}

}  // namespace wattfleet::coordinator
