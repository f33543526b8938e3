#include "coordinator/analysis/energy_intervals.h"

#include <array>
#include <cstddef>
#include <vector>

#include "coordinator/analysis/block_interval.h"

namespace wattfleet::coordinator {

namespace {

using Factors = std::vector<Factor>;

Factors operator*(Factors a, const Factors& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Factors Inverse(Factors factors) {
  for (Factor& factor : factors) {
    factor.exponent = -factor.exponent;
  }
  return factors;
}
Factors Quotient(const std::vector<double>& a, const std::vector<double>& b) {
  return {{.sums = a, .exponent = 1}, {.sums = b, .exponent = -1}};
}

Factors PowerOf(const EnergyParts& parts) {
  return parts.is_served() ? Quotient(parts.busy_joules, parts.busy_seconds)
                           : Quotient(parts.watts, parts.timed_queries);
}
Factors IpwOf(const EnergyParts& parts) {
  return Quotient(parts.correct, parts.queries) * Inverse(PowerOf(parts));
}
Factors IpjOf(const EnergyParts& parts) {
  return Quotient(parts.correct, parts.joules);
}

std::vector<std::size_t> PartsWithQueries(const EnergyParts& a, const EnergyParts& b) {
  std::vector<std::size_t> parts;
  for (std::size_t part = 0; part < a.size(); ++part) {
    if (a.queries[part] > 0 && b.queries[part] > 0) {
      parts.push_back(part);
    }
  }
  return parts;
}

}  // namespace

EnergyEstimates EstimatesOf(const EnergyFigures& figures) {
  EnergyEstimates estimates;
  if (!figures.means) {
    return estimates;
  }
  const EnergyParts parts = figures.parts.Select(PartsWithQueries(figures.parts, figures.parts));
  const std::array drift = {DriftOf(PowerOf(parts))};
  const auto estimate = [&](const std::optional<double>& figure, const Factors& factors) {
    std::optional<Estimate> interval = figure ? BlockInterval(factors, drift) : std::nullopt;
    if (interval) {
      interval->value = *figure;
    }
    return interval;
  };
  const EnergyMeans& means = *figures.means;
  estimates.joules_per_query =
      estimate(means.joules_per_query, Quotient(parts.joules, parts.queries));
  estimates.power_watts = estimate(means.power_watts, PowerOf(parts));
  estimates.power_share_watts =
      estimate(means.power_share_watts, Quotient(parts.watts, parts.timed_queries));
  estimates.joules_per_output_token =
      estimate(means.joules_per_output_token, Quotient(parts.token_joules, parts.tokens));
  estimates.joules_per_correct = estimate(figures.joules_per_correct, Inverse(IpjOf(parts)));
  estimates.ipw = estimate(figures.ipw, IpwOf(parts));
  estimates.ipj = estimate(figures.ipj, IpjOf(parts));
  return estimates;
}

EnergyRatios RatiosOf(const EnergyFigures& numerator, const EnergyFigures& denominator) {
  EnergyRatios ratios;
  if (numerator.parts.size() != denominator.parts.size() || !numerator.means ||
      !denominator.means) {
    return ratios;
  }
  const std::vector<std::size_t> common = PartsWithQueries(numerator.parts, denominator.parts);
  if (common.empty()) {
    return ratios;
  }
  const EnergyParts a = numerator.parts.Select(common);
  const EnergyParts b = denominator.parts.Select(common);
  const std::array drifts = {DriftOf(PowerOf(a)), DriftOf(PowerOf(b))};
  if (numerator.ipw && denominator.ipw) {
    ratios.ipw = BlockInterval(IpwOf(a) * Inverse(IpwOf(b)), drifts);
  }
  if (numerator.ipj && denominator.ipj) {
    ratios.ipj = BlockInterval(IpjOf(a) * Inverse(IpjOf(b)), drifts);
  }
  if (numerator.joules_per_correct && denominator.joules_per_correct) {
    ratios.joules_per_correct = BlockInterval(Inverse(IpjOf(a)) * IpjOf(b), drifts);
  }
  return ratios;
}

}  // namespace wattfleet::coordinator
