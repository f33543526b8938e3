#ifndef WF_COORDINATOR_ANALYSIS_OPERATING_POINTS_H_
#define WF_COORDINATOR_ANALYSIS_OPERATING_POINTS_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// Time with a request present, per correct answer: isolated the time in requests, served the time
// in which the instance had at least one (UnitColumns::busy_seconds). Over decided results whose
// timing is not spoiled; nullopt when none of them is correct or no time is known.
std::optional<double> SecondsPerCorrect(const UnitColumns& columns);

// One pair as a candidate for how its side is best run.
struct OperatingCandidate {
  std::string side;
  std::string pair;
  std::string condition;
  std::optional<double> joules_per_correct;  // measured; absent where not
  std::optional<double> seconds_per_correct;
  std::optional<double> usd_per_correct;
};

struct OperatingPoint {
  std::string side;
  std::string measure;  // "joules_per_correct", "seconds_per_correct", "usd_per_correct"
  std::string pair;
  std::string condition;
  double value = 0;
};

// The pair and condition of each side that takes least of each measure (metrics.md,
// "Populations"): conditions are named, never pooled. Sides in the order of their first candidate,
// measures as above; no point where no candidate of the side has the measure. Ties: the first.
std::vector<OperatingPoint> BestOperatingPoints(std::span<const OperatingCandidate> candidates);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_OPERATING_POINTS_H_
