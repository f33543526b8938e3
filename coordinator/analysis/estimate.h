#ifndef WF_COORDINATOR_ANALYSIS_ESTIMATE_H_
#define WF_COORDINATOR_ANALYSIS_ESTIMATE_H_

#include <optional>
#include <string>
#include <utility>

namespace wattfleet::coordinator {

// A figure with its 95 % interval, or with a note that says why it has none.
struct Estimate {
  double value = 0;
  std::optional<double> low;
  std::optional<double> high;
  std::string note;
  bool operator==(const Estimate&) const = default;
};

inline Estimate WithoutInterval(double value, std::string note) {
  return {.value = value, .low = std::nullopt, .high = std::nullopt, .note = std::move(note)};
}

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ESTIMATE_H_
