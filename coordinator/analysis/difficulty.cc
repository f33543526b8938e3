#include "coordinator/analysis/difficulty.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace wattfleet::coordinator {

namespace {

struct Bound {
  const char* name;
  double parameters;
};
constexpr std::array<Bound, 5> kBounds = {{{"<=4B", 4e9},
                                           {"<=8B", 8e9},
                                           {"<=20B", 20e9},
                                           {"<=235B", 235e9},
                                           {">235B", std::numeric_limits<double>::infinity()}}};
constexpr double kAboveBound = 1.1;

bool IsMostlyDecided(const PairOutcomes& outcomes, std::size_t n_queries) {
  return static_cast<double>(outcomes.decided.Count()) >=
         kDecidedShareMin * static_cast<double>(n_queries);
}

std::vector<SizedModel> BySize(std::span<const SizedModel> models, std::size_t n_queries,
                               std::vector<std::string>& left_out) {
  std::vector<SizedModel> known;
  for (const SizedModel& model : models) {
    if (model.parameters && IsMostlyDecided(*model.outcomes, n_queries)) {
      known.push_back(model);
    } else {
      left_out.push_back(model.model);
    }
  }
  std::stable_sort(known.begin(), known.end(), [](const SizedModel& a, const SizedModel& b) {
    return *a.parameters < *b.parameters;
  });
  return known;
}

}  // namespace

RatedQueries RateQueries(std::span<const SizedModel> models, std::size_t n_queries) {
  RatedQueries rated;
  Difficulty& difficulty = rated.difficulty;
  const std::vector<SizedModel> by_size = BySize(models, n_queries, difficulty.left_out);
  QuerySet left = QuerySet::All(n_queries);  // not solved by a smaller model
  for (const SizedModel& model : by_size) {
    difficulty.models.push_back(model.model);
    left &= model.outcomes->decided;
  }
  difficulty.queries = by_size.empty() ? 0 : left.Count();
  if (by_size.empty()) {
    return rated;
  }
  const auto add = [&](const char* name, QuerySet queries, std::int64_t of_size) {
    difficulty.levels.push_back({.name = name, .queries = queries.Count(), .models = of_size});
    rated.levels.push_back(std::move(queries));
  };
  auto model = by_size.begin();
  for (const Bound& bound : kBounds) {
    if (bound.parameters > 1e15 && model == by_size.end()) {
      break;
    }
    QuerySet solved(n_queries);
    const auto first = model;
    for (; model != by_size.end() && *model->parameters <= kAboveBound * bound.parameters;
         ++model) {
      solved |= model->outcomes->solved & left;
    }
    left -= solved;
    add(bound.name, std::move(solved), model - first);
  }
  add("unsolved", std::move(left), 0);
  return rated;
}

OutcomeTally TallyOf(const PairOutcomes& outcomes, const QuerySet& queries) {
  const std::int64_t decided = (outcomes.decided & queries).Count();
  const std::int64_t correct = (outcomes.solved & queries).Count();
  OutcomeTally tally;
  tally.AddQueries(Outcome::kCorrect, correct);
  tally.AddQueries(Outcome::kWrong, decided - correct);
  tally.AddQueries(Outcome::kPending, queries.Count() - decided);
  return tally;
}

}  // namespace wattfleet::coordinator
