#ifndef WF_COORDINATOR_ANALYSIS_ROUTING_H_
#define WF_COORDINATOR_ANALYSIS_ROUTING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/pair.h"
#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/query_set.h"
#include "coordinator/analysis/union_coverage.h"

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
  // What "cheapest" means: energy, cost or latency; "nothing" where none of them is known of all,
  // so that the pool's order decides.
  std::string ranked_by;
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

// What each query takes of a pair, by position; NaN where unknown. Repetitions are averaged.
struct QueryCosts {
  std::vector<float> joules;
  std::vector<float> usd;
  std::vector<float> seconds;
  std::vector<float> flops;  // 2 x parameters x (input + output tokens), as the paper counts
};

struct CostTerms {
  // Of a pair with energy figures, for queries without valid energy of their own; absent: the
  // pair's energy is not known.
  std::optional<double> mean_joules;
  std::optional<Price> price;
  std::optional<double> electricity_usd_per_kwh;  // prices by joules instead of by list
  std::optional<double> parameters;
};
QueryCosts CostsOf(const UnitColumns& columns, const CostTerms& terms);

struct RoutingTerms {
  std::vector<double> router_accuracies = {1, 0.9, 0.8, 0.7, 0.6, 0.5};
  std::optional<AssumedJoules> assumed_baseline_joules;  // unused where the baseline is measured
  std::optional<double> electricity_usd_per_kwh;
  bool by_total_parameters = false;
  bool wasted_attempts = false;
};

// A pair that takes part in a routing study.
struct RoutingPair {
  std::string name;
  std::string condition;
  std::string energy_class;
  bool has_energy = false;                 // energy figures, so that joules are known
  const PairOutcomes* outcomes = nullptr;  // outlives the call, not the study
};

// Collects a routing study, one pair after the other: keeps of each query what the cheapest pair of
// the pool takes that answers it, and of the baseline what it takes.
//
// Cheapest: least energy of this query, then cost, then latency (where its timing counts); a pair
// whose energy (else cost) is known comes before one for which it is not. In a pool of which any
// pair has energy figures, those without are left out; so are pairs with less than 95 % of the
// queries decided. Per query the least of several noisy values is chosen, as the paper's oracle
// does: it flatters the oracle by about their noise.
class RoutingStudy {
 public:
  RoutingStudy(std::size_t n_queries, RoutingTerms terms);

  // The last call counts.
  void SetBaseline(const RoutingPair& pair, QueryCosts costs);
  void AddToPool(const RoutingPair& pair, const QueryCosts& costs);

  // nullopt without a baseline, a pool, or a query that is decided for all of them.
  std::optional<Routing> Result() const;

 private:
  static constexpr std::uint16_t kNobody = 0xffff;
  struct Member {
    RoutingPair pair;
    QuerySet decided;
  };

  bool IsCheaper(const QueryCosts& costs, std::size_t q) const;
  bool IsMostlyDecided(const RoutingPair& pair) const;
  bool IsInPool(const Member& member) const { return !pool_has_energy_ || member.pair.has_energy; }
  // Whether the oracle sends a query to the pool.
  bool IsLocal(std::size_t q) const;
  QuerySet CommonQueries() const;
  void Describe(const QuerySet& common, Routing& routing) const;

  std::size_t n_queries_;
  RoutingTerms terms_;
  std::optional<Member> baseline_;
  QuerySet baseline_solved_;
  QueryCosts baseline_costs_;
  std::vector<Member> members_;
  std::vector<std::string> left_out_;
  bool pool_has_energy_ = false;
  std::vector<std::uint16_t> best_;  // index into members_ of the cheapest that solves; kNobody
  QueryCosts best_costs_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ROUTING_H_
