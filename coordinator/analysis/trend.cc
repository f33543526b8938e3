#include "coordinator/analysis/trend.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>

namespace wattfleet::coordinator {

namespace {

std::vector<DatedModel> ByDate(std::span<const DatedModel> models, std::size_t n_queries,
                               std::vector<std::string>& left_out) {
  std::vector<DatedModel> dated;
  for (const DatedModel& model : models) {
    const bool is_mostly_decided = static_cast<double>(model.outcomes->decided.Count()) >=
                                   kDecidedShareMin * static_cast<double>(n_queries);
    if (!model.released.empty() && is_mostly_decided) {
      dated.push_back(model);
    } else {
      left_out.push_back(model.model);
    }
  }
  std::stable_sort(dated.begin(), dated.end(), [](const DatedModel& a, const DatedModel& b) {
    return a.released < b.released;
  });
  return dated;
}

std::vector<TrendPoint> PointsOf(const std::vector<DatedModel>& dated, const QuerySet& common) {
  const auto queries = static_cast<double>(common.Count());
  std::vector<TrendPoint> points;
  QuerySet solved_so_far(common.size());
  double best = 0;
  for (const DatedModel& model : dated) {
    const QuerySet solved = model.outcomes->solved & common;
    solved_so_far |= solved;
    const double coverage = static_cast<double>(solved.Count()) / queries;
    best = std::max(best, coverage);
    points.push_back({.released = model.released,
                      .model = model.model,
                      .coverage = coverage,
                      .best_single = best,
                      .union_so_far = static_cast<double>(solved_so_far.Count()) / queries});
  }
  // Of models released on one day none came before the others.
  for (std::size_t i = points.size(); i-- > 1;) {
    if (points[i - 1].released == points[i].released) {
      points[i - 1].best_single = points[i].best_single;
      points[i - 1].union_so_far = points[i].union_so_far;
    }
  }
  return points;
}

std::vector<TrendYear> YearsOf(std::span<const DatedPair> pairs) {
  std::map<std::tuple<std::string, std::string, std::int32_t>, const DatedPair*> best;
  for (const DatedPair& pair : pairs) {
    if (pair.released.size() < 4) {
      continue;
    }
    const std::int32_t year = std::atoi(pair.released.substr(0, 4).c_str());
    const DatedPair*& of_year = best[{pair.energy_class, pair.condition, year}];
    if (of_year == nullptr || pair.ipw > of_year->ipw) {
      of_year = &pair;
    }
  }
  std::vector<TrendYear> years;
  for (const auto& [key, pair] : best) {
    TrendYear year{.year = std::get<2>(key),
                   .energy_class = pair->energy_class,
                   .condition = pair->condition,
                   .pair = pair->pair,
                   .ipw = pair->ipw,
                   .accuracy = pair->accuracy,
                   .power_watts = pair->power_watts};
    if (!years.empty() && years.back().energy_class == year.energy_class &&
        years.back().condition == year.condition && years.back().ipw > 0) {
      const TrendYear& before = years.back();
      year.ipw_ratio = year.ipw / before.ipw;
      year.accuracy_ratio = year.accuracy / before.accuracy;
      year.power_ratio = before.power_watts / year.power_watts;
    }
    years.push_back(std::move(year));
  }
  return years;
}

}  // namespace

Trend TrendOf(std::span<const DatedModel> models, std::span<const DatedPair> pairs,
              std::size_t n_queries) {
  Trend trend;
  const std::vector<DatedModel> dated = ByDate(models, n_queries, trend.left_out);
  QuerySet common = QuerySet::All(n_queries);
  for (const DatedModel& model : dated) {
    common &= model.outcomes->decided;
  }
  trend.queries = dated.empty() ? 0 : common.Count();
  if (trend.queries > 0) {
    trend.points = PointsOf(dated, common);
  }
  trend.years = YearsOf(pairs);
  return trend;
}

}  // namespace wattfleet::coordinator
