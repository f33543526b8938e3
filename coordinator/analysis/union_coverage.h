#ifndef WF_COORDINATOR_ANALYSIS_UNION_COVERAGE_H_
#define WF_COORDINATOR_ANALYSIS_UNION_COVERAGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/estimate.h"
#include "coordinator/analysis/query_set.h"

namespace wattfleet::coordinator {

// Below this share of queries decided, a model is left out of a union.
inline constexpr double kDecidedShareMin = 0.95;

// Which queries a pair has decided, and which it solved: with repetitions, those of which more than
// half of the decided units are correct.
struct PairOutcomes {
  QuerySet decided;
  QuerySet solved;
};
PairOutcomes OutcomesOf(const UnitColumns& columns);

// The most complete pair of one model.
struct UnionCandidate {
  std::string model;
  const PairOutcomes* outcomes;
};

struct UnionStep {
  std::string member;
  double coverage_after = 0;
};

struct UnionCoverage {
  std::vector<std::string> members;   // in the candidates' order
  std::vector<std::string> left_out;  // fewer than kDecidedShareMin of the queries decided
  std::int64_t queries = 0;           // decided for all members
  std::optional<Estimate> coverage;   // absent without members or queries
  // Share of all queries solved by a member, whatever is pending or left out counted as wrong.
  std::optional<double> lower_bound;
  // What as many uniform guessers would reach; absent when no query has options to guess from.
  std::optional<double> chance_floor;
  std::optional<double> solved_by_at_least_2;
  // Members by marginal gain, the largest first; ties in the members' order.
  std::vector<UnionStep> order;
};

// `options_of_position`: how many options a query has, 0 for none.
UnionCoverage CoverTogether(std::span<const UnionCandidate> candidates,
                            std::span<const std::int32_t> options_of_position);

// The expected share of `queries` that at least one of `guessers` uniform guessers gets right:
// the mean over queries of 1 - (1 - 1 / options) ^ guessers, where a query without options cannot
// be guessed.
std::optional<double> ChanceFloor(const QuerySet& queries,
                                  std::span<const std::int32_t> options_of_position,
                                  std::size_t guessers);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_UNION_COVERAGE_H_
