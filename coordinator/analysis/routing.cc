#include "coordinator/analysis/routing.h"

#include <cmath>
#include <limits>
#include <utility>

#include "coordinator/analysis/tokens.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;
constexpr double kSecondsPerNanosecond = 1e-9;
constexpr double kJoulesPerKilowattHour = 3.6e6;
constexpr double kFlopsPerParameterAndToken = 2;
constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

QueryCosts UnknownCosts(std::size_t n_queries) {
  const std::vector<float> unknown(n_queries, kUnknown);
  return {.joules = unknown, .usd = unknown, .seconds = unknown, .flops = unknown};
}

// What one completed result took.
struct UnitCosts {
  std::optional<double> joules;
  std::optional<double> usd;
  std::optional<double> seconds;
  std::optional<double> flops;
};

UnitCosts CostsOfUnit(const UnitColumns& columns, std::size_t unit, const CostTerms& terms) {
  UnitCosts costs;
  if (columns.HasGoodTiming(unit)) {
    costs.seconds = static_cast<double>(columns.duration_ns[unit]) * kSecondsPerNanosecond;
  }
  if (terms.mean_joules) {
    costs.joules = columns.class_energy[unit] == ClassEnergy::kMeasured
                       ? static_cast<double>(columns.class_uj[unit]) * kJoulesPerMicrojoule
                       : *terms.mean_joules;
  }
  if (terms.electricity_usd_per_kwh) {
    if (costs.joules) {
      costs.usd = *costs.joules / kJoulesPerKilowattHour * *terms.electricity_usd_per_kwh;
    }
  } else if (terms.price) {
    costs.usd = CostOfUnit(columns, unit, *terms.price);
  }
  if (terms.parameters && columns.input_tokens[unit] && columns.output_tokens[unit]) {
    costs.flops = kFlopsPerParameterAndToken * *terms.parameters *
                  static_cast<double>(*columns.input_tokens[unit] + *columns.output_tokens[unit]);
  }
  return costs;
}

// The mean of those values that are known.
class KnownMean {
 public:
  void Add(const std::optional<double>& value) {
    if (value) {
      sum_ += *value;
      ++known_;
    }
  }
  float value() const { return known_ > 0 ? static_cast<float>(sum_ / known_) : kUnknown; }

 private:
  double sum_ = 0;
  int known_ = 0;
};

// Sums of one kind of cost over the common queries; NaN where one of them is not known.
struct Totals {
  double queries = 0;
  double local_queries = 0;
  double baseline = 0;  // of all queries at the baseline
  double local = 0;     // of those that the oracle sends to the pool
  double fallback = 0;  // of the others, at the baseline

  // nullopt where unknown.
  std::optional<double> Saved(double accuracy, bool wasted_attempts) const {
    const double attempt = local_queries > 0 ? local / local_queries : 0;
    const double missed = baseline + (wasted_attempts ? queries * attempt : 0);
    const double saved = 1 - (accuracy * (local + fallback) + (1 - accuracy) * missed) / baseline;
    return std::isfinite(saved) ? std::optional(saved) : std::nullopt;
  }
  // The same with `joules` for each query at the baseline.
  Totals Assuming(double joules) const {
    Totals assumed = *this;
    assumed.baseline = joules * queries;
    assumed.fallback = joules * (queries - local_queries);
    return assumed;
  }
};

struct StudyTotals {
  Totals joules;
  Totals usd;
  Totals flops;
};

void SetReasons(const StudyTotals& totals, bool one_class, bool baseline_has_energy,
                Routing& routing) {
  if (!std::isfinite(totals.joules.local)) {
    routing.energy_reason = "the pool's energy is not measured";
  } else if (!baseline_has_energy) {
    routing.energy_reason = routing.assumed_baseline_joules ? "" : "baseline unmeasurable";
  } else if (!one_class) {
    routing.energy_reason = "pool and baseline are measured as different classes";
  }
  if (!std::isfinite(totals.usd.baseline)) {
    routing.cost_reason = "no price of the baseline, or not all of its tokens are known";
  } else if (!std::isfinite(totals.usd.local)) {
    routing.cost_reason = "a pair of the pool has no price, or tokens or energy are not known";
  }
  if (!std::isfinite(totals.flops.baseline)) {
    routing.compute_reason = "the baseline's parameters or tokens are not known";
  } else if (!std::isfinite(totals.flops.local)) {
    routing.compute_reason = "parameters or tokens of a pair of the pool are not known";
  }
}

RoutingPoint PointAt(double accuracy, const StudyTotals& totals, const RoutingTerms& terms,
                     const Routing& routing) {
  RoutingPoint point{.router_accuracy = accuracy};
  const bool wasted = terms.wasted_attempts;
  if (routing.energy_reason.empty()) {
    if (const auto& assumed = routing.assumed_baseline_joules) {
      point.energy_saved_if_low = totals.joules.Assuming(assumed->low).Saved(accuracy, wasted);
      point.energy_saved_if_high = totals.joules.Assuming(assumed->high).Saved(accuracy, wasted);
    } else {
      point.energy_saved = totals.joules.Saved(accuracy, wasted);
    }
  }
  point.cost_saved = totals.usd.Saved(accuracy, wasted);
  point.compute_saved = totals.flops.Saved(accuracy, wasted);
  return point;
}

}  // namespace

QueryCosts CostsOf(const UnitColumns& columns, const CostTerms& terms) {
  const auto n = static_cast<std::size_t>(columns.queries);
  QueryCosts costs = UnknownCosts(n);
  for (std::size_t position = 0; position < n; ++position) {
    KnownMean joules, usd, seconds, flops;
    for (std::size_t unit = position; unit < columns.units(); unit += n) {
      if (!columns.IsCompleted(unit)) {
        continue;
      }
      const UnitCosts of_unit = CostsOfUnit(columns, unit, terms);
      joules.Add(of_unit.joules);
      usd.Add(of_unit.usd);
      seconds.Add(of_unit.seconds);
      flops.Add(of_unit.flops);
    }
    costs.joules[position] = joules.value();
    costs.usd[position] = usd.value();
    costs.seconds[position] = seconds.value();
    costs.flops[position] = flops.value();
  }
  return costs;
}

RoutingStudy::RoutingStudy(std::size_t n_queries, RoutingTerms terms)
    : n_queries_(n_queries),
      terms_(std::move(terms)),
      best_(n_queries, kNobody),
      best_costs_(UnknownCosts(n_queries)) {}

bool RoutingStudy::IsMostlyDecided(const RoutingPair& pair) const {
  return static_cast<double>(pair.outcomes->decided.Count()) >=
         kDecidedShareMin * static_cast<double>(n_queries_);
}

void RoutingStudy::SetBaseline(const RoutingPair& pair, QueryCosts costs) {
  baseline_ = Member{.pair = pair, .decided = pair.outcomes->decided};
  baseline_solved_ = pair.outcomes->solved;
  baseline_costs_ = std::move(costs);
}

bool RoutingStudy::IsCheaper(const QueryCosts& costs, std::size_t q) const {
  if (best_[q] == kNobody) {
    return true;
  }
  const std::pair<float, float> kinds[] = {{costs.joules[q], best_costs_.joules[q]},
                                           {costs.usd[q], best_costs_.usd[q]},
                                           {costs.seconds[q], best_costs_.seconds[q]}};
  for (const auto& [mine, best] : kinds) {
    if (std::isnan(mine) != std::isnan(best)) {
      return std::isnan(best);
    }
    if (mine != best && !std::isnan(mine)) {
      return mine < best;
    }
  }
  return false;
}

void RoutingStudy::AddToPool(const RoutingPair& pair, const QueryCosts& costs) {
  if (!IsMostlyDecided(pair)) {
    left_out_.push_back(pair.name + ": less than 95 % decided");
    return;
  }
  const auto number = static_cast<std::uint16_t>(members_.size());
  members_.push_back({.pair = pair, .decided = pair.outcomes->decided});
  pool_has_energy_ = pool_has_energy_ || pair.has_energy;
  for (std::size_t q = 0; q < n_queries_; ++q) {
    if (pair.outcomes->solved.Contains(q) && IsCheaper(costs, q)) {
      best_[q] = number;
      best_costs_.joules[q] = costs.joules[q];
      best_costs_.usd[q] = costs.usd[q];
      best_costs_.seconds[q] = costs.seconds[q];
      best_costs_.flops[q] = costs.flops[q];
    }
  }
}

bool RoutingStudy::IsLocal(std::size_t q) const {
  return best_[q] != kNobody && IsInPool(members_[best_[q]]);
}

QuerySet RoutingStudy::CommonQueries() const {
  QuerySet common = baseline_->decided;
  for (const Member& member : members_) {
    if (IsInPool(member)) {
      common &= member.decided;
    }
  }
  return common;
}

void RoutingStudy::Describe(const QuerySet& common, Routing& routing) const {
  routing.baseline = baseline_->pair.name;
  routing.baseline_condition = baseline_->pair.condition;
  routing.energy_class = baseline_->pair.energy_class;
  routing.queries = common.Count();
  routing.left_out = left_out_;
  if (!baseline_->pair.has_energy) {
    routing.assumed_baseline_joules = terms_.assumed_baseline_joules;
  }
  routing.electricity_usd_per_kwh = terms_.electricity_usd_per_kwh;
  routing.by_total_parameters = terms_.by_total_parameters;
  routing.wasted_attempts = terms_.wasted_attempts;
  std::vector<std::int64_t> queries(members_.size(), 0);
  bool all_have_cost = true;
  bool all_have_time = true;
  std::int64_t local = 0;
  for (std::size_t q = 0; q < n_queries_; ++q) {
    if (common.Contains(q) && IsLocal(q)) {
      ++queries[best_[q]];
      ++local;
      all_have_cost = all_have_cost && !std::isnan(best_costs_.usd[q]);
      all_have_time = all_have_time && !std::isnan(best_costs_.seconds[q]);
    }
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const RoutingPair& pair = members_[i].pair;
    if (IsInPool(members_[i])) {
      routing.pool.push_back(
          {.pair = pair.name, .condition = pair.condition, .queries = queries[i]});
      routing.energy_class = pool_has_energy_ ? pair.energy_class : routing.energy_class;
    } else {
      routing.left_out.push_back(pair.name + ": no measured energy");
    }
  }
  routing.local_share = static_cast<double>(local) / static_cast<double>(routing.queries);
  routing.ranked_by = pool_has_energy_ ? "energy"
                      : all_have_cost  ? "cost"
                      : all_have_time  ? "latency"
                                       : "nothing";
}

std::optional<Routing> RoutingStudy::Result() const {
  if (!baseline_ || members_.empty()) {
    return std::nullopt;
  }
  const QuerySet common = CommonQueries();
  if (common.Count() == 0) {
    return std::nullopt;
  }
  Routing routing;
  Describe(common, routing);
  StudyTotals totals;
  double solved = 0;  // by the oracle's choice
  double solved_by_baseline = 0;
  const auto add = [](float of_baseline, float of_best, bool is_local, Totals& sums) {
    sums.queries += 1;
    sums.local_queries += is_local ? 1 : 0;
    sums.baseline += of_baseline;
    (is_local ? sums.local : sums.fallback) += is_local ? of_best : of_baseline;
  };
  for (std::size_t q = 0; q < n_queries_; ++q) {
    if (!common.Contains(q)) {
      continue;
    }
    const bool is_local = IsLocal(q);
    add(baseline_costs_.joules[q], best_costs_.joules[q], is_local, totals.joules);
    add(baseline_costs_.usd[q], best_costs_.usd[q], is_local, totals.usd);
    add(baseline_costs_.flops[q], best_costs_.flops[q], is_local, totals.flops);
    solved_by_baseline += baseline_solved_.Contains(q) ? 1 : 0;
    solved += is_local || baseline_solved_.Contains(q) ? 1 : 0;
  }
  bool one_class = true;
  for (const Member& member : members_) {
    one_class = one_class &&
                (!IsInPool(member) || member.pair.energy_class == baseline_->pair.energy_class);
  }
  SetReasons(totals, one_class, baseline_->pair.has_energy, routing);
  const auto n = static_cast<double>(routing.queries);
  routing.baseline_accuracy = solved_by_baseline / n;
  for (const double accuracy : terms_.router_accuracies) {
    RoutingPoint point = PointAt(accuracy, totals, terms_, routing);
    point.accuracy = accuracy * solved / n + (1 - accuracy) * routing.baseline_accuracy;
    routing.points.push_back(std::move(point));
  }
  return routing;
}

}  // namespace wattfleet::coordinator
