#include "coordinator/report/studies.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/analysis/difficulty.h"
#include "coordinator/analysis/trend.h"

namespace wattfleet::coordinator {

namespace {

// The most complete pair of each model.
std::vector<const KeptPair*> OnePairPerModel(std::span<const KeptPair> kept) {
  std::vector<const KeptPair*> chosen;
  for (const KeptPair& pair : kept) {
    const auto same = std::find_if(chosen.begin(), chosen.end(), [&](const KeptPair* other) {
      return other->report->model == pair.report->model;
    });
    if (same == chosen.end()) {
      chosen.push_back(&pair);
    } else if (pair.outcomes.decided.Count() > (*same)->outcomes.decided.Count()) {
      *same = &pair;
    }
  }
  return chosen;
}

// The one pair that `name` is, or is a part of the name of.
absl::StatusOr<std::string> FindPair(const std::string& name, std::span<const PairSnapshot> pairs) {
  std::vector<std::string> known;
  std::vector<std::string> with_part;
  for (const PairSnapshot& pair : pairs) {
    known.push_back(PairName(pair.spec));
    if (known.back() == name) {
      return name;
    }
    if (known.back().find(name) != std::string::npos) {
      with_part.push_back(known.back());
    }
  }
  if (with_part.size() == 1) {
    return with_part.front();
  }
  if (with_part.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the sweep has no pair \"%s\"; %s", name, NearestText(name, known)));
  }
  return absl::InvalidArgumentError(absl::StrFormat("\"%s\" is a part of several pairs' names: %s",
                                                    name, absl::StrJoin(with_part, ", ")));
}

}  // namespace

void RateDifficulty(std::span<const KeptPair> kept, Report& report) {
  std::vector<SizedModel> models;
  for (const KeptPair* pair : OnePairPerModel(kept)) {
    models.push_back({.model = pair->report->model,
                      .parameters = pair->report->parameters_total,
                      .outcomes = &pair->outcomes});
  }
  RatedQueries rated = RateQueries(models, static_cast<std::size_t>(report.queries));
  if (rated.difficulty.models.empty()) {
    return;
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (std::size_t level = 0; level < rated.levels.size(); ++level) {
      if (rated.difficulty.levels[level].queries > 0) {
        report.pairs[i].difficulty.push_back(
            {.name = rated.difficulty.levels[level].name,
             .outcomes = TallyOf(kept[i].outcomes, rated.levels[level])});
      }
    }
  }
  report.difficulty = std::move(rated.difficulty);
}

std::optional<Trend> ReportTrend(std::span<const KeptPair> kept) {
  std::vector<DatedModel> models;
  bool is_any_dated = false;
  for (const KeptPair* pair : OnePairPerModel(kept)) {
    models.push_back({.model = pair->report->model,
                      .released = pair->report->released,
                      .outcomes = &pair->outcomes});
    is_any_dated = is_any_dated || !pair->report->released.empty();
  }
  if (!is_any_dated) {
    return std::nullopt;
  }
  std::vector<DatedPair> pairs;
  std::size_t n_queries = 0;
  for (const KeptPair& pair : kept) {
    n_queries = pair.outcomes.decided.size();
    const EnergyFigures& figures = pair.report->energy.figures;
    if (!pair.report->released.empty() && figures.ipw && figures.means) {
      pairs.push_back({.released = pair.report->released,
                       .energy_class = pair.report->energy.energy_class,
                       .condition = pair.report->condition,
                       .pair = pair.report->id,
                       .ipw = *figures.ipw,
                       .accuracy = figures.means->accuracy,
                       .power_watts = figures.means->power_watts.value_or(0)});
    }
  }
  return TrendOf(models, pairs, n_queries);
}

absl::StatusOr<RoutingReport> RoutingReport::Create(const RoutingRequest& request,
                                                    std::span<const PairSnapshot> pairs,
                                                    std::size_t n_queries) {
  RoutingReport routing(request, n_queries);
  if (!request.baseline.empty()) {
    WF_ASSIGN_OR_RETURN(routing.baseline_, FindPair(request.baseline, pairs));
  }
  for (const std::string& name : request.pool) {
    WF_ASSIGN_OR_RETURN(std::string pair, FindPair(name, pairs));
    if (pair == routing.baseline_) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s cannot be both the baseline and in the pool", pair));
    }
    routing.pool_.push_back(std::move(pair));
  }
  return routing;
}

void RoutingReport::Consider(const PairSnapshot& pair, const ReportedPair& reported,
                             const UnitColumns& columns, const PairOutcomes& outcomes) {
  const double coverage =
      static_cast<double>(outcomes.solved.Count()) / static_cast<double>(outcomes.solved.size());
  const bool is_local = pair.spec.location == Location::kLocal;
  const bool is_baseline =
      baseline_.empty() ? !is_local && coverage > best_coverage_ : reported.id == baseline_;
  const bool is_in_pool = !is_baseline && (pool_.empty() ? is_local && reported.id != baseline_
                                                         : std::find(pool_.begin(), pool_.end(),
                                                                     reported.id) != pool_.end());
  if (!is_baseline && !is_in_pool) {
    return;
  }
  const std::optional<EnergyMeans>& means = reported.energy.figures.means;
  const CostTerms terms{
      .mean_joules = means ? std::optional(means->joules_per_query) : std::nullopt,
      .price = reported.price,
      .electricity_usd_per_kwh = is_in_pool ? terms_.electricity_usd_per_kwh : std::nullopt,
      .parameters =
          terms_.by_total_parameters ? reported.parameters_total : reported.parameters_active};
  const RoutingPair routed{.name = reported.id,
                           .condition = reported.condition,
                           .energy_class = reported.energy.energy_class,
                           .has_energy = means.has_value(),
                           .outcomes = &outcomes};
  if (is_baseline) {
    best_coverage_ = coverage;
    study_.SetBaseline(routed, CostsOf(columns, terms));
  } else {
    study_.AddToPool(routed, CostsOf(columns, terms));
  }
}

}  // namespace wattfleet::coordinator
