#include "coordinator/report/report_pair.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "coordinator/analysis/operating_points.h"
#include "coordinator/report/facts.h"
#include "coordinator/report/names.h"
#include "coordinator/report/report_energy.h"
#include "coordinator/report/report_sensors.h"

namespace wattfleet::coordinator {

namespace {

ReportedBuild BuildOf(const PairSnapshot& pair) {
  const Seal seal = pair.seal.value_or(Seal{});
  return {
      .engine = pair.spec.build.engine,
      .ref = pair.spec.build.ref,
      .revision = pair.spec.build.revision,
      .quantization = seal.quantization.empty() ? pair.spec.build.quantization : seal.quantization,
      .digest = seal.model_digest};
}

std::optional<std::int64_t> CountFact(const std::string& facts, const char* key) {
  const std::optional<double> number = NumberFact(facts, key);
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

std::optional<bool> IsOnMains(const std::string& facts) {
  if (const auto supply = TextFact(facts, "power_supply")) {
    return *supply == "mains";
  }
  return BoolFact(facts, "ac");
}

std::vector<ReportedEnvironment> EnvironmentsOf(const std::vector<EnvironmentRow>& rows) {
  std::vector<ReportedEnvironment> environments;
  for (const EnvironmentRow& row : rows) {
    const std::string& facts = row.environment.facts_json;
    environments.push_back({.id = row.environment_id,
                            .results = row.results,
                            .engine_version = TextFact(facts, "engine_version"),
                            .power_mode = TextFact(facts, "power_mode"),
                            .ac = IsOnMains(facts),
                            .recorded_answers = CountFact(facts, "recorded_answers")});
  }
  return environments;
}

std::string PowerText(const ReportedEnvironment& environment) {
  std::string text = !environment.ac ? "" : *environment.ac ? "mains" : "battery";
  if (environment.power_mode) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", "mode ", *environment.power_mode);
  }
  return text;
}

// By the environments, and by the flags of those results on whose way the supply changed over.
MixedPower MixedPowerOf(const std::vector<ReportedEnvironment>& environments,
                        const UnitColumns& columns) {
  std::map<std::string, std::int64_t> results;
  for (const ReportedEnvironment& environment : environments) {
    if (const std::string text = PowerText(environment); !text.empty()) {
      results[text] += environment.results;
    }
  }
  if (results.size() <= 1) {
    results.clear();
    for (std::size_t unit = 0; unit < columns.units(); ++unit) {
      if (columns.class_energy[unit] == ClassEnergy::kMeasured) {
        const bool on_battery = (columns.flags[unit] & kFlagOnBattery) != 0;
        ++results[on_battery ? "battery" : "mains"];
      }
    }
  }
  if (results.size() <= 1) {
    return std::nullopt;
  }
  return absl::StrJoin(results, ", ", [](std::string* out, const auto& row) {
    absl::StrAppend(out, row.second, " results on ", row.first);
  });
}

// One figure from machines on mains and on battery would be neither.
void Withhold(const std::string& why, ReportedEnergy& energy) {
  if (energy.figures.verdict != EnergyVerdict::kMeasured) {
    return;
  }
  energy.figures.verdict = EnergyVerdict::kInsufficient;
  energy.reason = why;
  energy.figures.means.reset();
  energy.figures.joules_per_correct.reset();
  energy.figures.ipw.reset();
  energy.figures.ipj.reset();
  energy.figures.parts = {};
  energy.estimates = {};
  energy.baseline_watts.reset();
  energy.systematic_relative.reset();
}

std::vector<ReportedStratum> Strata(const UnitColumns& columns,
                                    const std::vector<std::int32_t>& group_of_position,
                                    const std::vector<std::string>& names) {
  const std::vector<OutcomeTally> tallies = TallyByGroup(columns, group_of_position, names.size());
  std::vector<ReportedStratum> strata;
  for (std::size_t group = 0; group < names.size(); ++group) {
    if (tallies[group].queries() > 0) {
      strata.push_back({.name = names[group], .outcomes = tallies[group]});
    }
  }
  return strata;
}

// Of a pair that several agents worked for.
std::vector<ReportedStratum> StrataOfAgents(const PairSources& sources,
                                            const ReportedEnergy& energy) {
  const std::vector<std::string>& agents = sources.rows.agents;
  const std::vector<std::size_t>& agent_of_instance = sources.rows.agent_of_instance;
  std::vector<ReportedStratum> strata;
  if (agents.size() < 2) {
    return strata;
  }
  const std::vector<OutcomeTally> tallies =
      TallyByInstance(sources.columns, agent_of_instance, agents.size());
  std::vector<std::optional<EnergyMeans>> means(agents.size());
  if (energy.figures.means) {
    means = MeansByInstance(sources.columns, agent_of_instance, agents.size());
  }
  for (std::size_t agent = 0; agent < agents.size(); ++agent) {
    if (tallies[agent].queries() == 0) {
      continue;
    }
    ReportedStratum& stratum = strata.emplace_back();
    stratum.name = agents[agent];
    stratum.outcomes = tallies[agent];
    if (means[agent]) {
      stratum.joules_per_query = means[agent]->joules_per_query;
      stratum.power_watts = means[agent]->power_watts;
    }
  }
  return strata;
}

std::optional<double> MacroOf(const std::vector<ReportedStratum>& datasets) {
  if (datasets.size() < 2) {
    return std::nullopt;
  }
  std::vector<OutcomeTally> tallies;
  for (const ReportedStratum& dataset : datasets) {
    tallies.push_back(dataset.outcomes);
  }
  return MacroAccuracy(tallies);
}

std::vector<std::pair<std::string, std::int64_t>> CountFlags(const UnitColumns& columns) {
  std::array<std::int64_t, 64> results{};
  for (std::size_t unit = 0; unit < columns.units(); ++unit) {
    for (Flags left = columns.flags[unit]; left != 0; left &= left - 1) {
      ++results[static_cast<std::size_t>(std::countr_zero(left))];
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> counts;
  for (const FlagRow& row : AllFlags()) {
    const std::int64_t n = results[static_cast<std::size_t>(std::countr_zero(row.bit))];
    if (n > 0) {
      counts.emplace_back(row.name, n);
    }
  }
  return counts;
}

std::string ReasonOpen(const PairSnapshot& pair) {
  if (!pair.reason.empty()) {
    return pair.reason;
  }
  switch (pair.state) {
    case PairState::kPaused:
      return "paused";
    case PairState::kBlocked:
      return "blocked";
    case PairState::kCancelled:
      return "cancelled";
    case PairState::kOpen:
    case PairState::kComplete:
    case PairState::kCompleteWithGaps:
      break;
  }
  return "not run yet";
}

// 2 of "nvidia-h100-sxm-80gb-x2".
std::int32_t DevicesOf(std::string_view accelerator) {
  const std::size_t at = accelerator.rfind("-x");
  std::int32_t devices = 1;
  const bool has_count = at != std::string_view::npos &&
                         absl::SimpleAtoi(std::string(accelerator.substr(at + 2)), &devices);
  return has_count && devices > 0 ? devices : 1;
}

std::vector<Gap> GapsOf(const PairSources& sources) {
  std::vector<Gap> gaps;
  for (const auto& [reason, results] : sources.rows.failed) {
    gaps.push_back({.kind = "failed", .reason = reason, .results = results});
  }
  for (const auto& [reason, results] : sources.rows.quarantined) {
    gaps.push_back({.kind = "quarantined", .reason = reason, .results = results});
  }
  const auto open =
      std::count(sources.columns.state.begin(), sources.columns.state.end(), UnitState::kOpen);
  if (open > 0) {
    gaps.push_back({.kind = "open", .reason = ReasonOpen(sources.pair), .results = open});
  }
  return gaps;
}

}  // namespace

std::vector<LedgerRow> ClassLedger(const PairSources& sources) {
  std::vector<LedgerRow> rows;
  for (const LedgerRow& row : sources.ledger) {
    if (row.pair == sources.pair.spec.id && sources.rows.choice.channels.contains(row.channel_id)) {
      rows.push_back(row);
    }
  }
  return rows;
}

ReportedPair ReportPair(const PairSources& sources) {
  const PairSpec& spec = sources.pair.spec;
  const UnitColumns& columns = sources.columns;
  ReportedPair pair;
  pair.id = PairName(spec);
  pair.model = spec.model;
  pair.build = BuildOf(sources.pair);
  pair.accelerator = spec.accelerator;
  pair.location = LocationName(spec.location);
  pair.condition = ConditionName(spec.condition);
  pair.agents = sources.rows.agents;
  pair.environments = EnvironmentsOf(sources.rows.environments);
  pair.queries = columns.queries;
  pair.repetitions = columns.repetitions;
  pair.progress = CountProgress(columns);
  pair.outcomes = TallyAll(columns);
  pair.subjects = Strata(columns, sources.sample.subject, sources.workload.subjects());
  pair.datasets = Strata(columns, sources.sample.dataset, sources.workload.datasets());
  pair.macro_accuracy = MacroOf(pair.datasets);
  pair.tokens = CountTokens(columns);
  pair.energy = ReportEnergy(sources, pair.tokens.cached_input_share);
  pair.sensors = SensorsOf(sources);
  pair.mixed_power = MixedPowerOf(pair.environments, columns);
  if (pair.mixed_power) {
    Withhold(*pair.mixed_power, pair.energy);
  }
  pair.latency = Latency(columns);
  pair.ttft = TimeToFirstToken(columns);
  pair.latency_spread = LatencyDistribution(columns);
  if (pair.energy.figures.verdict == EnergyVerdict::kMeasured) {
    pair.energy_spread = EnergyDistribution(columns);
  }
  pair.cost_usd_per_query = CostPerQuery(columns, spec.price);
  pair.seconds_per_correct = SecondsPerCorrect(columns);
  if (const auto accuracy = pair.outcomes.Accuracy();
      pair.cost_usd_per_query && accuracy && accuracy->value > 0) {
    pair.usd_per_correct = *pair.cost_usd_per_query / accuracy->value;
  }
  pair.of_agents = StrataOfAgents(sources, pair.energy);
  pair.flags = CountFlags(columns);
  pair.gaps = GapsOf(sources);
  pair.parameters_total = spec.parameters_total;
  pair.parameters_active = spec.parameters_active;
  pair.released = spec.released;
  pair.price = spec.price;
  pair.devices = DevicesOf(spec.accelerator);
  pair.generation = spec.generation;
  return pair;
}

}  // namespace wattfleet::coordinator
