#include "coordinator/report/report_energy.h"

#include <bit>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "coordinator/report/facts.h"

namespace wattfleet::coordinator {

namespace {

constexpr double kWattsPerMicrowatt = 1e-6;

// The scopes of the class on such a device where each has a sensor of its own.
std::string ScopesNeeded(const PairSources& sources) {
  ScopeSet most = 0;
  for (const ClassRow& row : kClassRows) {
    if (row.asked == sources.options.energy_class && row.device == sources.rows.device &&
        std::popcount(row.scopes) > std::popcount(most)) {
      most = row.scopes;
    }
  }
  return ScopeNames(most);
}

// Why no result has measured energy of the class.
std::string ReasonUnmeasured(const PairSources& sources, const EnergyFigures& figures) {
  const std::string& engine = sources.pair.spec.build.engine;
  if (engine == "replay") {
    return "recorded answers: no model ran here";
  }
  if (engine == "synthetic") {
    return "made-up answers of the test backend";
  }
  if (figures.decided == 0) {
    return "nothing decided yet";
  }
  if (sources.rows.sensed == 0) {
    return sources.pair.spec.location == Location::kCloud
               ? "remote_provider: its machines are not ours to measure"
               : "no power sensor";
  }
  if (!sources.rows.mixed_methods.empty()) {
    return absl::StrCat("measured in several ways, which are never pooled: ",
                        sources.rows.mixed_methods);
  }
  if (!sources.rows.choice.row) {
    return absl::StrFormat("class %s needs %s, its agents measure %s", sources.options.energy_class,
                           ScopesNeeded(sources), ScopeNames(sources.rows.sensed));
  }
  return absl::StrFormat("no result has valid energy: %d without, %d partial, %d invalid",
                         figures.excluded.unmeasured, figures.excluded.partial_energy,
                         figures.excluded.invalid_energy);
}

std::string ReasonInsufficient(const EnergyFigures& figures) {
  if (figures.measured_fraction.value_or(0) >= kMeasuredShareMin) {
    return "every measured result lies in warm-up or ramp";
  }
  return absl::StrFormat(
      "%.1f %% of decided results measured, %.0f %% needed: %d without, %d partial, %d invalid",
      100 * figures.measured_fraction.value_or(0), 100 * kMeasuredShareMin,
      figures.excluded.unmeasured, figures.excluded.partial_energy,
      figures.excluded.invalid_energy);
}

std::string ReasonOf(const PairSources& sources, const EnergyFigures& figures,
                     std::optional<double> cached_input_share) {
  switch (figures.verdict) {
    case EnergyVerdict::kMeasured:
      return figures.cache_spoils_ranking
                 ? absl::StrFormat(
                       "%.1f %% of the input came from a prefix cache under "
                       "cache: off: not ranked by energy",
                       100 * cached_input_share.value_or(0))
                 : "";
    case EnergyVerdict::kInsufficient:
      return ReasonInsufficient(figures);
    case EnergyVerdict::kUnmeasurable:
    case EnergyVerdict::kModelled:
    case EnergyVerdict::kImported:
      return ReasonUnmeasured(sources, figures);
  }
  return "";
}

struct MeanOf {
  double sum = 0;
  double count = 0;
  double value() const { return sum / count; }
};

// Loaded-idle watts of one machine: the sum over the class's channels of the mean over leases,
// averaged over agents. Absent unless every channel with energy has a baseline.
std::optional<double> BaselineWatts(const PairSources& sources,
                                    const std::vector<LedgerRow>& ledger) {
  std::map<std::int64_t, MeanOf> of_channel;
  for (const LedgerRow& row : ledger) {
    MeanOf& mean = of_channel[row.channel_id];
    if (row.entry.baseline_uw) {
      mean.sum += static_cast<double>(*row.entry.baseline_uw) * kWattsPerMicrowatt;
      mean.count += 1;
    }
  }
  std::map<AgentId, double> of_agent;
  for (const ChannelRow& channel : sources.channels) {
    const auto mean = of_channel.find(channel.channel_id);
    if (mean == of_channel.end()) {
      continue;
    }
    if (mean->second.count == 0) {
      return std::nullopt;
    }
    of_agent[channel.agent] += mean->second.value();
  }
  if (of_agent.empty()) {
    return std::nullopt;
  }
  MeanOf agents;
  for (const auto& [agent, watts] : of_agent) {
    agents.sum += watts;
    agents.count += 1;
  }
  return agents.value();
}

// The channels' systematic errors weighted by the energy they measured, as if all erred the same
// way. Absent unless every channel with energy declares its own.
std::optional<double> SystematicRelative(const PairSources& sources,
                                         const std::vector<LedgerRow>& ledger) {
  std::map<std::int64_t, double> joules_of_channel;
  for (const LedgerRow& row : ledger) {
    joules_of_channel[row.channel_id] += static_cast<double>(row.entry.attributed);
  }
  double weighted = 0;
  double total = 0;
  for (const ChannelRow& channel : sources.channels) {
    const auto joules = joules_of_channel.find(channel.channel_id);
    if (joules == joules_of_channel.end()) {
      continue;
    }
    const std::optional<double> error = NumberFact(channel.facts.facts_json, "systematic_relative");
    if (!error) {
      return std::nullopt;
    }
    weighted += *error * joules->second;
    total += joules->second;
  }
  return total > 0 ? std::optional<double>(weighted / total) : std::nullopt;
}

}  // namespace

ReportedEnergy ReportEnergy(const PairSources& sources, std::optional<double> cached_input_share) {
  ReportedEnergy energy;
  energy.energy_class = sources.rows.choice.row ? std::string(sources.rows.choice.row->name)
                                                : sources.options.energy_class;
  if (const auto& pue = sources.options.pue) {
    energy.energy_class = kFacilityClass;
    energy.derived = absl::StrFormat("wall x PUE %g (%s)", pue->ratio, pue->source);
  }
  energy.figures = MeasuredFigures(sources.columns, {.cache_off = sources.options.cache_off,
                                                     .cached_input_share = cached_input_share});
  energy.estimates = EstimatesOf(energy.figures);
  energy.reason = ReasonOf(sources, energy.figures, cached_input_share);
  if (energy.figures.verdict == EnergyVerdict::kMeasured) {
    const std::vector<LedgerRow> ledger = ClassLedger(sources);
    energy.baseline_watts = BaselineWatts(sources, ledger);
    if (energy.baseline_watts && sources.options.pue) {
      *energy.baseline_watts *= sources.options.pue->ratio;
    }
    energy.systematic_relative = SystematicRelative(sources, ledger);
  }
  if (const auto means = ModelledMeans(sources.columns)) {
    energy.modelled = ReportedOtherEnergy{.model = sources.rows.modelled_by, .means = *means};
  }
  if (const auto means = ImportedMeans(sources.columns)) {
    energy.imported = ReportedOtherEnergy{.model = sources.rows.imported_from, .means = *means};
  }
  return energy;
}

}  // namespace wattfleet::coordinator
