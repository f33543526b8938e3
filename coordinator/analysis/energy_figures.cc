#include "coordinator/analysis/energy_figures.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "coordinator/analysis/block_interval.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kJoulesPerMicrojoule = 1e-6;
constexpr double kSecondsPerNanosecond = 1e-9;

// Keeps a result out of modelled and imported figures. Where timing alone is spoiled, joules stand.
constexpr Flags kOutsideOtherEnergies = kFlagWarmup | kFlagUnderfilled | kFlagSynthetic;

// Which results a figure is made of, by unit; one byte each.
using Population = std::vector<std::uint8_t>;

double Seconds(const UnitColumns& columns, std::size_t unit) {
  return static_cast<double>(columns.duration_ns[unit]) * kSecondsPerNanosecond;
}

double Total(const std::vector<double>& sums) {
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

std::optional<double> Ratio(const std::vector<double>& numerator,
                            const std::vector<double>& denominator) {
  const double bottom = Total(denominator);
  return bottom > 0 ? std::optional<double>(Total(numerator) / bottom) : std::nullopt;
}

// Adds what one query's results say to its part.
template <typename JoulesOf>
class QuerySums {
 public:
  QuerySums(const UnitColumns& columns, const JoulesOf& joules_of, EnergyParts& parts)
      : columns_(columns), joules_of_(joules_of), parts_(parts) {}

  void Add(std::size_t unit, std::size_t part) {
    const double joules = joules_of_(unit);
    known_ += 1;
    joules_ += joules;
    correct_ += columns_.outcome[unit] == Outcome::kCorrect ? 1 : 0;
    if (columns_.output_tokens[unit]) {
      parts_.token_joules[part] += joules;
      parts_.tokens[part] += static_cast<double>(*columns_.output_tokens[unit]);
    }
    if (!columns_.HasGoodTiming(unit)) {
      return;
    }
    if (parts_.is_served()) {
      parts_.busy_joules[part] += joules;
      parts_.busy_seconds[part] += columns_.busy_seconds[unit];
    }
    if (const double seconds = Seconds(columns_, unit); seconds > 0) {
      timed_ += 1;
      watts_ += joules / seconds;
    }
  }

  // Ends the query.
  void Finish(std::size_t part) {
    if (known_ > 0) {
      parts_.queries[part] += 1;
      parts_.correct[part] += correct_ / known_;
      parts_.joules[part] += joules_ / known_;
    }
    if (timed_ > 0) {
      parts_.timed_queries[part] += 1;
      parts_.watts[part] += watts_ / timed_;
    }
    known_ = correct_ = joules_ = timed_ = watts_ = 0;
  }

 private:
  const UnitColumns& columns_;
  const JoulesOf& joules_of_;
  EnergyParts& parts_;
  double known_ = 0;  // results, as timed_
  double correct_ = 0;
  double joules_ = 0;
  double timed_ = 0;
  double watts_ = 0;
};

template <typename JoulesOf>
EnergyParts SumOver(const UnitColumns& columns, const Population& population,
                    const JoulesOf& joules_of) {
  const auto n = static_cast<std::size_t>(columns.queries);
  EnergyParts parts(std::min(n, kPartsMax), !columns.busy_seconds.empty());
  QuerySums<JoulesOf> query(columns, joules_of, parts);
  for (std::size_t position = 0; position < n; ++position) {
    const std::size_t part = position * parts.size() / n;
    for (std::size_t unit = position; unit < columns.units(); unit += n) {
      if (population[unit] != 0) {
        query.Add(unit, part);
      }
    }
    query.Finish(part);
  }
  return parts;
}

std::optional<EnergyMeans> MeansOf(const EnergyParts& parts) {
  const std::optional<double> joules = Ratio(parts.joules, parts.queries);
  if (!joules) {
    return std::nullopt;
  }
  const std::optional<double> watts = Ratio(parts.watts, parts.timed_queries);
  const bool is_served = parts.is_served();
  EnergyMeans means;
  means.accuracy = Ratio(parts.correct, parts.queries).value_or(0);
  means.joules_per_query = *joules;
  means.power_watts = is_served ? Ratio(parts.busy_joules, parts.busy_seconds) : watts;
  means.power_share_watts = is_served ? watts : std::nullopt;
  means.joules_per_output_token = Ratio(parts.token_joules, parts.tokens);
  return means;
}

// The reason that keeps a decided result out of the measured population; nullptr for none.
std::int64_t EnergyExclusions::*ReasonToExclude(const UnitColumns& columns, std::size_t unit) {
  switch (columns.class_energy[unit]) {
    case ClassEnergy::kAbsent:
      return &EnergyExclusions::unmeasured;
    case ClassEnergy::kPartial:
      return &EnergyExclusions::partial_energy;
    case ClassEnergy::kInvalid:
      return &EnergyExclusions::invalid_energy;
    case ClassEnergy::kMeasured:
      break;
  }
  const Flags flags = columns.flags[unit];
  if ((flags & kFlagWarmup) != 0) {
    return &EnergyExclusions::warm_up;
  }
  if ((flags & kFlagUnderfilled) != 0) {
    return &EnergyExclusions::ramp;
  }
  if (!columns.HasGoodTiming(unit)) {
    return &EnergyExclusions::timing;
  }
  return nullptr;
}

std::optional<EnergyMeans> MeansOfColumn(const UnitColumns& columns,
                                         const std::vector<std::optional<Microjoules>>& energy) {
  if (energy.empty()) {
    return std::nullopt;
  }
  Population population(columns.units(), 0);
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    population[unit] = columns.IsDecided(unit) && energy[unit] &&
                       (columns.flags[unit] & kOutsideOtherEnergies) == 0;
  }
  return MeansOf(SumOver(columns, population, [&](std::size_t unit) {
    return static_cast<double>(*energy[unit]) * kJoulesPerMicrojoule;
  }));
}

bool HasDecided(const UnitColumns& columns, const std::vector<std::optional<Microjoules>>& energy) {
  for (std::size_t unit = 0; unit < energy.size(); ++unit) {
    if (energy[unit] && columns.IsDecided(unit)) {
      return true;
    }
  }
  return false;
}

EnergyVerdict VerdictOf(const UnitColumns& columns, const EnergyFigures& figures,
                        std::int64_t measured) {
  if (measured == 0) {
    if (HasDecided(columns, columns.modelled_uj)) {
      return EnergyVerdict::kModelled;
    }
    return HasDecided(columns, columns.imported_uj) ? EnergyVerdict::kImported
                                                    : EnergyVerdict::kUnmeasurable;
  }
  const bool is_enough = *figures.measured_fraction >= kMeasuredShareMin;
  return is_enough && figures.means ? EnergyVerdict::kMeasured : EnergyVerdict::kInsufficient;
}

void RankBy(const EnergyMeans& means, EnergyFigures& figures) {
  if (means.accuracy > 0) {
    figures.joules_per_correct = means.joules_per_query / means.accuracy;
  }
  if (means.joules_per_query > 0) {
    figures.ipj = means.accuracy / means.joules_per_query;
  }
  if (means.power_watts && *means.power_watts > 0) {
    figures.ipw = means.accuracy / *means.power_watts;
  }
}

}  // namespace

bool IsInEnergyPopulation(const UnitColumns& columns, std::size_t unit) {
  return columns.IsDecided(unit) && ReasonToExclude(columns, unit) == nullptr;
}

EnergyFigures MeasuredFigures(const UnitColumns& columns, const EnergyTerms& terms) {
  EnergyFigures figures;
  Population population(columns.units(), 0);
  std::int64_t measured = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (!columns.IsDecided(unit)) {
      continue;
    }
    ++figures.decided;
    measured += columns.class_energy[unit] == ClassEnergy::kMeasured ? 1 : 0;
    if (const auto reason = ReasonToExclude(columns, unit)) {
      ++(figures.excluded.*reason);
    } else {
      population[unit] = 1;
    }
  }
  if (figures.decided > 0) {
    figures.measured_fraction =
        static_cast<double>(measured) / static_cast<double>(figures.decided);
  }
  if (measured > 0) {
    figures.parts = SumOver(columns, population, [&](std::size_t unit) {
      return static_cast<double>(columns.class_uj[unit]) * kJoulesPerMicrojoule;
    });
    figures.means = MeansOf(figures.parts);
  }
  figures.verdict = VerdictOf(columns, figures, measured);
  if (figures.verdict != EnergyVerdict::kMeasured) {
    figures.means.reset();
    figures.parts = {};
    return figures;
  }
  figures.cache_spoils_ranking =
      terms.cache_off && terms.cached_input_share.value_or(0) > kCachedInputShareMax;
  if (!figures.cache_spoils_ranking) {
    RankBy(*figures.means, figures);
  }
  return figures;
}

std::vector<std::optional<EnergyMeans>> MeansByInstance(
    const UnitColumns& columns, std::span<const std::size_t> group_of_instance,
    std::size_t groups) {
  std::vector<std::optional<EnergyMeans>> means;
  for (std::size_t group = 0; group < groups; ++group) {
    Population population(columns.units(), 0);
    for (std::size_t unit = 0; unit < columns.units(); ++unit) {
      population[unit] = columns.IsDecided(unit) &&
                         group_of_instance[columns.instance[unit]] == group &&
                         ReasonToExclude(columns, unit) == nullptr;
    }
    means.push_back(MeansOf(SumOver(columns, population, [&](std::size_t unit) {
      return static_cast<double>(columns.class_uj[unit]) * kJoulesPerMicrojoule;
    })));
  }
  return means;
}

std::optional<EnergyMeans> ModelledMeans(const UnitColumns& columns) {
  return MeansOfColumn(columns, columns.modelled_uj);
}

std::optional<EnergyMeans> ImportedMeans(const UnitColumns& columns) {
  return MeansOfColumn(columns, columns.imported_uj);
}

}  // namespace wattfleet::coordinator
