#ifndef WF_COORDINATOR_ANALYSIS_TREND_H_
#define WF_COORDINATOR_ANALYSIS_TREND_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coordinator/analysis/union_coverage.h"

namespace wattfleet::coordinator {

// What had been reached when a model was released. Coverages are over the queries that are decided
// for all models of the trend.
struct TrendPoint {
  std::string released;  // YYYY-MM-DD
  std::string model;
  double coverage = 0;      // of this model
  double best_single = 0;   // of any model released until then
  double union_so_far = 0;  // of all models released until then, together
};

// The highest IPW among the models released in one year, under one condition and energy class.
struct TrendYear {
  std::int32_t year = 0;
  std::string energy_class;
  std::string condition;
  std::string pair;
  double ipw = 0;
  double accuracy = 0;  // of the energy population
  double power_watts = 0;
  // Against the year before it in the list, of the same class and condition: ipw_ratio is
  // accuracy_ratio x power_ratio, power_ratio the earlier watts over the later. The paper calls
  // the two factors the gains by models and by hardware (section 5); they are arithmetic, no
  // controlled swap of either.
  std::optional<double> ipw_ratio;
  std::optional<double> accuracy_ratio;
  std::optional<double> power_ratio;
};

struct Trend {
  std::vector<TrendPoint> points;     // by release date
  std::vector<TrendYear> years;       // by class, condition, year
  std::vector<std::string> left_out;  // models without a date, or less than 95 % decided
  std::int64_t queries = 0;           // decided for all models of `points`
};

struct DatedModel {
  std::string model;
  std::string released;  // YYYY-MM-DD; empty: not known
  const PairOutcomes* outcomes = nullptr;
};

// A measured pair of a dated model.
struct DatedPair {
  std::string released;
  std::string energy_class;
  std::string condition;
  std::string pair;
  double ipw = 0;
  double accuracy = 0;
  double power_watts = 0;
};

// One pair per model. With repetitions solved is by majority.
Trend TrendOf(std::span<const DatedModel> models, std::span<const DatedPair> pairs,
              std::size_t n_queries);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_TREND_H_
