#ifndef WF_COORDINATOR_ANALYSIS_DIFFICULTY_H_
#define WF_COORDINATOR_ANALYSIS_DIFFICULTY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coordinator/analysis/outcome.h"
#include "coordinator/analysis/query_set.h"
#include "coordinator/analysis/union_coverage.h"

namespace wattfleet::coordinator {

struct DifficultyLevel {
  std::string name;  // "<=4B", "<=8B", "<=20B", "<=235B", ">235B" or "unsolved"
  std::int64_t queries = 0;
  std::int64_t models = 0;  // of that size; without any, its queries count for the next level
};

// How hard the queries are, by the size of the smallest model that solves each (arXiv 2511.07885,
// appendix E.2). ">235B" is ours, and there only where such a model took part.
struct Difficulty {
  std::vector<DifficultyLevel> levels;  // the easiest first
  std::vector<std::string> models;      // that the levels are made of, the smallest first
  std::vector<std::string> left_out;    // of unknown size, or less than 95 % decided
  std::int64_t queries = 0;             // decided for all of `models`
};

struct SizedModel {
  std::string model;
  std::optional<double> parameters;  // total
  const PairOutcomes* outcomes = nullptr;
};

struct RatedQueries {
  Difficulty difficulty;
  std::vector<QuerySet> levels;  // aligned with difficulty.levels
};

// By the models' total parameters; a model counts as of a level up to a tenth above its bound,
// since "8B" models have up to 8.8e9 (ours). With repetitions solved is by majority.
RatedQueries RateQueries(std::span<const SizedModel> models, std::size_t n_queries);

// What a pair makes of some of the queries.
OutcomeTally TallyOf(const PairOutcomes& outcomes, const QuerySet& queries);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_DIFFICULTY_H_
