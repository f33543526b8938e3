#ifndef WF_COORDINATOR_ANALYSIS_ENERGY_FIGURES_H_
#define WF_COORDINATOR_ANALYSIS_ENERGY_FIGURES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "coordinator/analysis/columns.h"
#include "coordinator/analysis/energy_parts.h"

namespace wattfleet::coordinator {

// Below this share of decided results measured, a pair has no energy figures.
inline constexpr double kMeasuredShareMin = 0.95;
// Above this share of cached input, under `cache: off`, a pair is not ranked by energy.
inline constexpr double kCachedInputShareMax = 0.01;

enum class EnergyVerdict {
  kMeasured,
  kInsufficient,  // measured, but for too few of the decided results
  kUnmeasurable,  // no result has measured energy of the class
  kModelled,      // only computed from utilisation and configured watts
  kImported,      // only as a recording says
};

// Why decided results are outside the population of energy figures. Each is counted once, by the
// first reason that holds.
struct EnergyExclusions {
  std::int64_t unmeasured = 0;      // no channel of the class spoke
  std::int64_t partial_energy = 0;  // a channel of the class is missing
  std::int64_t invalid_energy = 0;  // a channel is invalid, or a flag spoils it
  std::int64_t warm_up = 0;
  std::int64_t ramp = 0;    // fewer requests in flight than the condition says
  std::int64_t timing = 0;  // another flag that spoils timing

  std::int64_t total() const {
    return unmeasured + partial_energy + invalid_energy + warm_up + ramp + timing;
  }
};

// Averages of one kind of energy, over the decided results that have it and lie outside
// warm-up, ramp and tail. Repetitions of a query are averaged first.
struct EnergyMeans {
  double accuracy = 0;  // of the same results
  double joules_per_query = 0;
  // isolated: mean of E_q / t_q. served: attributed energy / time with at least one request
  // present. Absent where no time passed.
  std::optional<double> power_watts;
  std::optional<double> power_share_watts;  // served only: mean of E_q / t_q, never ranked
  std::optional<double> joules_per_output_token;
};

// Measured figures of one pair; definitions: metrics.md, "Per pair". What may not be shown is
// absent.
struct EnergyFigures {
  EnergyVerdict verdict = EnergyVerdict::kUnmeasurable;
  std::int64_t decided = 0;  // results
  EnergyExclusions excluded;
  std::optional<double> measured_fraction;  // of decided results; absent when none is decided
  bool cache_spoils_ranking = false;        // more than kCachedInputShareMax under `cache: off`
  std::optional<EnergyMeans> means;         // kMeasured only
  EnergyParts parts;                        // that `means` are made of
  std::optional<double> joules_per_correct;
  std::optional<double> ipw;  // accuracy / power_watts
  std::optional<double> ipj;  // accuracy / joules_per_query
};

// What energy figures need to know beside the columns.
struct EnergyTerms {
  bool cache_off = true;
  std::optional<double> cached_input_share;
};

// Whether a result counts in measured energy figures: decided, measured, outside warm-up, ramp and
// tail, its timing not spoiled.
bool IsInEnergyPopulation(const UnitColumns& columns, std::size_t unit);

EnergyFigures MeasuredFigures(const UnitColumns& columns, const EnergyTerms& terms);

// The averages of each group of instances (UnitColumns::instance), over its part of the population
// of MeasuredFigures; nullopt for a group without any. Of pairs with figures.
std::vector<std::optional<EnergyMeans>> MeansByInstance(
    const UnitColumns& columns, std::span<const std::size_t> group_of_instance, std::size_t groups);

// Modelled and imported energies, which are never ranked; nullopt where there are none.
std::optional<EnergyMeans> ModelledMeans(const UnitColumns& columns);
std::optional<EnergyMeans> ImportedMeans(const UnitColumns& columns);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_ENERGY_FIGURES_H_
