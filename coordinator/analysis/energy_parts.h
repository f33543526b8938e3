#ifndef WF_COORDINATOR_ANALYSIS_ENERGY_PARTS_H_
#define WF_COORDINATOR_ANALYSIS_ENERGY_PARTS_H_

#include <cstddef>
#include <vector>

namespace wattfleet::coordinator {

// Sums over a pair's energy population, one value for each part of the workload's order
// (block_interval.h): what its averages and their intervals are made of. Repetitions of a query are
// averaged first, but for tokens. All columns have one length.
struct EnergyParts {
  std::vector<double> queries;
  std::vector<double> correct;
  std::vector<double> joules;
  // Watts of each query, and the queries whose time is known.
  std::vector<double> watts;
  std::vector<double> timed_queries;
  // served only, else empty: energy, and time with at least one request present.
  std::vector<double> busy_joules;
  std::vector<double> busy_seconds;
  // Of the results whose output tokens are known.
  std::vector<double> token_joules;
  std::vector<double> tokens;

  EnergyParts() = default;
  EnergyParts(std::size_t parts, bool is_served);

  std::size_t size() const { return queries.size(); }
  bool is_served() const { return !busy_seconds.empty(); }
  // Only those of `parts`, ascending.
  EnergyParts Select(const std::vector<std::size_t>& parts) const;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ENERGY_PARTS_H_
