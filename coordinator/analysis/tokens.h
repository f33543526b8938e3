#ifndef WF_COORDINATOR_ANALYSIS_TOKENS_H_
#define WF_COORDINATOR_ANALYSIS_TOKENS_H_

#include <optional>

#include "common/domain/pair.h"
#include "coordinator/analysis/columns.h"

namespace wattfleet::coordinator {

// Means are over the queries whose count is known; absent when none is.
struct TokenFigures {
  std::optional<double> input_mean;
  std::optional<double> cached_input_mean;
  std::optional<double> output_mean;
  std::optional<double> reasoning_mean;
  // Output tokens per second of one instance, over results whose timing is not spoiled: isolated,
  // of the time in requests; served, of the time with at least one request present.
  std::optional<double> output_per_second;
  // sum(cached input) / sum(input), over results where both are known.
  std::optional<double> cached_input_share;
  // Share of completed results with the flag TRUNCATED.
  std::optional<double> truncated_share;
};
TokenFigures CountTokens(const UnitColumns& columns);

// The middle of the known input token counts (nearest rank).
std::optional<std::int64_t> MedianInputTokens(const UnitColumns& columns);

// USD of one completed result at list price; nullopt without both token counts.
std::optional<double> CostOfUnit(const UnitColumns& columns, std::size_t unit, const Price& price);

// USD per query: fresh input x input price + cached input x cached price (the input price where
// none is given) + output x output price, each query's repetitions averaged. Absent without a
// price, or when no result has both token counts.
std::optional<double> CostPerQuery(const UnitColumns& columns, const std::optional<Price>& price);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_TOKENS_H_
