#include "coordinator/analysis/energy_figures.h"

#include <cstddef>
#include <vector>

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

// Attributed energy of the population over its share of the time with a request present, so that
// results outside the population take their time with them.
template <typename JoulesOf>
std::optional<double> ServedPower(const UnitColumns& columns, const Population& population,
                                  const JoulesOf& joules_of) {
  double joules = 0;
  double seconds = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (population[unit] != 0 && columns.HasGoodTiming(unit)) {
      joules += joules_of(unit);
      seconds += columns.busy_seconds[unit];
    }
  }
  return seconds > 0 ? std::optional<double>(joules / seconds) : std::nullopt;
}

template <typename JoulesOf>
std::optional<double> JoulesPerOutputToken(const UnitColumns& columns, const Population& population,
                                           const JoulesOf& joules_of) {
  double joules = 0;
  double tokens = 0;
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    if (population[unit] != 0 && columns.output_tokens[unit]) {
      joules += joules_of(unit);
      tokens += static_cast<double>(*columns.output_tokens[unit]);
    }
  }
  return tokens > 0 ? std::optional<double>(joules / tokens) : std::nullopt;
}

template <typename JoulesOf>
std::optional<EnergyMeans> MeansOver(const UnitColumns& columns, const Population& population,
                                     const JoulesOf& joules_of) {
  const auto mean = [&](const auto& value_of) {
    return MeanOverQueries(columns, [&](std::size_t unit) -> std::optional<double> {
      return population[unit] != 0 ? value_of(unit) : std::nullopt;
    });
  };
  const std::optional<double> joules =
      mean([&](std::size_t unit) { return std::optional<double>(joules_of(unit)); });
  if (!joules) {
    return std::nullopt;
  }
  const std::optional<double> accuracy = mean([&](std::size_t unit) {
    return std::optional<double>(columns.outcome[unit] == Outcome::kCorrect ? 1.0 : 0.0);
  });
  const std::optional<double> watts = mean([&](std::size_t unit) {
    const double seconds = columns.HasGoodTiming(unit) ? Seconds(columns, unit) : 0;
    return seconds > 0 ? std::optional<double>(joules_of(unit) / seconds) : std::nullopt;
  });
  const bool is_served = !columns.busy_seconds.empty();
  EnergyMeans means;
  means.accuracy = accuracy.value_or(0);
  means.joules_per_query = *joules;
  means.power_watts = is_served ? ServedPower(columns, population, joules_of) : watts;
  means.power_share_watts = is_served ? watts : std::nullopt;
  means.joules_per_output_token = JoulesPerOutputToken(columns, population, joules_of);
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
  return MeansOver(columns, population, [&](std::size_t unit) {
    return static_cast<double>(*energy[unit]) * kJoulesPerMicrojoule;
  });
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
    figures.means = MeansOver(columns, population, [&](std::size_t unit) {
      return static_cast<double>(columns.class_uj[unit]) * kJoulesPerMicrojoule;
    });
  }
  figures.verdict = VerdictOf(columns, figures, measured);
  if (figures.verdict != EnergyVerdict::kMeasured) {
    figures.means.reset();
    return figures;
  }
  figures.cache_spoils_ranking =
      terms.cache_off && terms.cached_input_share.value_or(0) > kCachedInputShareMax;
  if (!figures.cache_spoils_ranking) {
    RankBy(*figures.means, figures);
  }
  return figures;
}

std::optional<EnergyMeans> ModelledMeans(const UnitColumns& columns) {
  return MeansOfColumn(columns, columns.modelled_uj);
}

std::optional<EnergyMeans> ImportedMeans(const UnitColumns& columns) {
  return MeansOfColumn(columns, columns.imported_uj);
}

}  // namespace wattfleet::coordinator
