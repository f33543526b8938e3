#ifndef WF_COORDINATOR_ANALYSIS_ROUTING_H_
#define WF_COORDINATOR_ANALYSIS_ROUTING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wattfleet::coordinator {

// What is saved against sending every query to the baseline: 1 - total / baseline's total.
struct RoutingPoint {
  double router_accuracy = 1;  // 1 = the oracle
  double accuracy = 0;         // of the answers that the routed set gives
  std::optional<double> energy_saved;
  std::optional<double> cost_saved;
  std::optional<double> compute_saved;
  // With assumed joules of the baseline's: at the lowest and at the highest assumption.
  std::optional<double> energy_saved_if_low;
  std::optional<double> energy_saved_if_high;
};

struct RoutingMember {
  std::string pair;
  std::string condition;
  std::int64_t queries = 0;  // that the oracle sends there
};

struct AssumedJoules {
  double low = 0;  // per query
  double high = 0;
  bool operator==(const AssumedJoules&) const = default;
};

// A routing study (arXiv 2511.07885, section 4.3): baseline, a pool of pairs, the oracle that sends
// each query to the cheapest pair of the pool that answers it, else to the baseline; and routers of
// accuracy a: total(a) = a x oracle + (1 - a) x baseline.
struct Routing {
  std::string baseline;
  std::string baseline_condition;
  double baseline_accuracy = 0;
  std::vector<RoutingMember> pool;
  std::vector<std::string> left_out;  // pairs that might have been of the pool: "PAIR: why"
  std::int64_t queries = 0;           // decided for the baseline and for all of the pool
  double local_share = 0;             // that the oracle sends to the pool
  std::string ranked_by;              // what "cheapest" means: energy, cost or latency
  std::string energy_class;
  std::optional<AssumedJoules> assumed_baseline_joules;
  std::optional<double> electricity_usd_per_kwh;  // absent: local cost is the list price
  bool by_total_parameters = false;               // compute; else by the active ones
  bool wasted_attempts = false;                   // each misrouted query also costs a local attempt
  std::string energy_reason;                      // why there is no saving to tell; empty otherwise
  std::string cost_reason;
  std::string compute_reason;
  std::vector<RoutingPoint> points;  // the oracle first, then falling accuracy
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ROUTING_H_
