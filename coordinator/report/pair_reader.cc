#include "coordinator/report/pair_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/status/status_macros.h"
#include "coordinator/analysis/baseline_drift.h"
#include "coordinator/analysis/timing.h"
#include "coordinator/report/facts.h"
#include "coordinator/report/names.h"

namespace wattfleet::coordinator {

namespace {

Outcome OutcomeOf(VerdictValue verdict) {
  switch (verdict) {
    case VerdictValue::kCorrect:
      return Outcome::kCorrect;
    case VerdictValue::kWrong:
      return Outcome::kWrong;
    case VerdictValue::kNoAnswer:
      return Outcome::kNoAnswer;
  }
  return Outcome::kPending;
}

// Of a result on which no grader spoke.
Outcome OutcomeWithout(const ResultRow& row) {
  const bool has_no_answer = row.status == ResultStatus::kTimeout ||
                             row.failure == Failure::kContextOverflow ||
                             row.failure == Failure::kRefused;
  return has_no_answer ? Outcome::kNoAnswer : Outcome::kPending;
}

Outcome OutcomeOf(const ResultRow& row) {
  return row.verdict ? OutcomeOf(*row.verdict) : OutcomeWithout(row);
}

absl::Status CheckUnit(const PairSnapshot& pair, Unit unit, const UnitColumns& columns) {
  if (unit < 0 || static_cast<std::size_t>(unit) >= columns.units()) {
    return absl::DataLossError(absl::StrFormat("pair %s has %d units but a row of unit %d",
                                               PairName(pair.spec), columns.units(), unit));
  }
  return absl::OkStatus();
}

// The kind that the agents say they are, where the pair takes any accelerator.
DeviceKind DeviceKindOfPair(const PairSpec& pair, const std::vector<EnvironmentRow>& environments) {
  if (pair.accelerator != "any") {
    return DeviceKindOf(pair.accelerator);
  }
  std::optional<DeviceKind> common;
  for (const EnvironmentRow& row : environments) {
    const std::optional<std::string> accelerator =
        TextFact(row.environment.facts_json, "accelerator");
    const DeviceKind kind = accelerator ? DeviceKindOf(*accelerator) : DeviceKind::kDiscrete;
    if (common && *common != kind) {
      return DeviceKind::kDiscrete;
    }
    common = kind;
  }
  return common.value_or(DeviceKind::kDiscrete);
}

void StoreOptional(std::size_t unit, std::optional<Microjoules> value,
                   std::vector<std::optional<Microjoules>>& column, std::size_t units) {
  if (!value) {
    return;
  }
  if (column.empty()) {
    column.resize(units);
  }
  column[unit] = value;
}

// Where the environment's agent stands in `agents`, to which it is added if it is new.
std::size_t AgentIndex(const EnvironmentRow& row, std::vector<std::string>& agents) {
  const std::string name =
      row.agent_name.empty() ? absl::StrFormat("agent-%d", row.agent.value) : row.agent_name;
  const auto at = std::find(agents.begin(), agents.end(), name);
  if (at != agents.end()) {
    return static_cast<std::size_t>(at - agents.begin());
  }
  agents.push_back(name);
  return agents.size() - 1;
}

// Folds the readings of one result into the columns.
void StoreEnergy(std::size_t unit, const ClassChoice& choice, double scale,
                 const std::vector<ChannelReading>& readings, UnitColumns& columns) {
  if (readings.empty() || !columns.IsCompleted(unit)) {
    return;
  }
  const UnitEnergy energy = SumOfClass(choice, readings, columns.flags[unit] & ~columns.tolerated);
  columns.class_energy[unit] = energy.state;
  columns.class_uj[unit] =
      scale == 1
          ? energy.gross
          : static_cast<Microjoules>(std::llround(static_cast<double>(energy.gross) * scale));
  StoreOptional(unit, energy.modelled, columns.modelled_uj, columns.units());
  StoreOptional(unit, energy.imported, columns.imported_uj, columns.units());
  for (const ChannelReading& reading : readings) {
    if (reading.status == EnergyStatus::kModelled || choice.channels.contains(reading.channel_id)) {
      columns.flags[unit] |= reading.flags;
    }
  }
}

// What was measured and counts nowhere: of leases whose ledger was refused, and all of it where
// one figure would pool several ways of measuring.
void Invalidate(const PairRows& rows, UnitColumns& columns) {
  const auto spoil = [&columns](std::size_t unit) {
    ClassEnergy& energy = columns.class_energy[unit];
    energy = energy == ClassEnergy::kMeasured ? ClassEnergy::kInvalid : energy;
  };
  for (const Unit unit : rows.refused_units) {
    spoil(static_cast<std::size_t>(unit));
  }
  for (std::size_t unit = 0; !rows.mixed_methods.empty() && unit < columns.units(); ++unit) {
    spoil(unit);
  }
}

}  // namespace

absl::StatusOr<SampleColumns> ReadSample(SweepView& view, const Workload& workload) {
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> q_of_position, view.Sample());
  WF_ASSIGN_OR_RETURN(const std::vector<QueryKey> keys, workload.Keys());
  SampleColumns sample;
  sample.dataset.reserve(q_of_position.size());
  sample.subject.reserve(q_of_position.size());
  sample.options.reserve(q_of_position.size());
  for (const std::int64_t q : q_of_position) {
    if (q < 0 || static_cast<std::size_t>(q) >= keys.size()) {
      return absl::DataLossError(
          absl::StrFormat("sweep %s samples query %d of workload %s, which has %d",
                          view.sweep().name, q, workload.facts().name, keys.size()));
    }
    const QueryKey& key = keys[static_cast<std::size_t>(q)];
    sample.dataset.push_back(key.dataset);
    sample.subject.push_back(key.subject);
    sample.options.push_back(key.options);
  }
  return sample;
}

absl::StatusOr<GraderVersion> ChooseGrader(const std::vector<GraderVersion>& graders,
                                           const std::string& asked) {
  std::optional<GraderVersion> newest;
  std::vector<std::string> names;
  for (const auto& [name, version] : graders) {
    names.push_back(absl::StrFormat("%s@%d", name, version));
    if (names.back() == asked) {
      return GraderVersion(name, version);
    }
    if (name == asked && (!newest || newest->second < version)) {
      newest = GraderVersion(name, version);
    }
  }
  if (newest) {
    return *newest;
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "no verdicts of grader \"%s\" here; there are %s; `wattfleet regrade` adds others", asked,
      names.empty() ? "none" : absl::StrJoin(names, ", ")));
}

absl::StatusOr<PairRows> PairReader::Read(const PairSnapshot& pair, UnitColumns& columns) const {
  columns.Reset(reading_.n_queries, pair.spec.repetitions);
  columns.tolerated = TolerableFlags(pair.spec.condition.is_isolated());
  WF_ASSIGN_OR_RETURN(PairRows rows, ReadClass(pair));
  WF_RETURN_IF_ERROR(ReadResults(pair, rows, columns));
  WF_RETURN_IF_ERROR(ReadVerdicts(pair, columns));
  WF_RETURN_IF_ERROR(ReadEnergy(pair, rows, columns));
  Invalidate(rows, columns);
  WF_RETURN_IF_ERROR(ReadQuarantine(pair, rows, columns));
  if (!pair.spec.condition.is_isolated()) {
    ShareBusyTime(columns);
  }
  return rows;
}

absl::StatusOr<PairRows> PairReader::ReadClass(const PairSnapshot& pair) const {
  PairRows rows;
  WF_ASSIGN_OR_RETURN(rows.environments, view_.Environments(pair.spec.id));
  ChooseClass(pair, rows);
  FindDrifted(pair, rows);
  return rows;
}

void PairReader::FindDrifted(const PairSnapshot& pair, PairRows& rows) const {
  std::vector<LeaseBaseline> baselines;
  for (const LedgerRow& row : reading_.ledger) {
    if (row.pair == pair.spec.id && rows.choice.channels.contains(row.channel_id) &&
        row.entry.baseline_id && row.entry.baseline_uw) {
      baselines.push_back({.lease = row.lease,
                           .channel_id = row.channel_id,
                           .id = *row.entry.baseline_id,
                           .idle_uw = *row.entry.baseline_uw});
    }
  }
  for (const BaselineDrift& drift : FindDrifts(baselines)) {
    const auto channel = std::ranges::find(reading_.channels, drift.channel_id,
                                           [](const ChannelRow& row) { return row.channel_id; });
    rows.drifts.push_back(absl::StrFormat("%s from %.4g W to %.4g W", channel->facts.name,
                                          static_cast<double>(drift.before_uw) * 1e-6,
                                          static_cast<double>(drift.after_uw) * 1e-6));
    rows.drifted_leases.insert(drift.leases.begin(), drift.leases.end());
  }
}

void PairReader::ChooseClass(const PairSnapshot& pair, PairRows& rows) const {
  std::set<AgentId> agents;
  for (const EnvironmentRow& row : rows.environments) {
    agents.insert(row.agent);
  }
  // The channels that the pair's leases kept books on: those of its devices and of their host. An
  // agent may have others, of other devices.
  std::set<std::int64_t> booked;
  for (const LedgerRow& row : reading_.ledger) {
    if (row.pair == pair.spec.id) {
      booked.insert(row.channel_id);
    }
  }
  std::set<AgentId> booking;
  for (const ChannelRow& row : reading_.channels) {
    if (booked.contains(row.channel_id)) {
      booking.insert(row.agent);
    }
  }
  std::vector<ClassChannel> candidates;
  for (const ChannelRow& row : reading_.channels) {
    const bool is_of_others = booking.contains(row.agent) && !booked.contains(row.channel_id);
    if (agents.contains(row.agent) && IsSensorScope(row.facts.scope) && !is_of_others) {
      rows.sensed |= ScopeBit(row.facts.scope);
      candidates.push_back({.channel_id = row.channel_id,
                            .agent = row.agent.value,
                            .scope = row.facts.scope,
                            .source = row.facts.source});
    }
  }
  rows.device = DeviceKindOfPair(pair.spec, rows.environments);
  rows.choice = ChooseChannels(reading_.energy_class, rows.device, candidates);
  rows.mixed_methods = MixedMethods(rows.choice);
}

std::string PairReader::MixedMethods(const ClassChoice& choice) const {
  std::map<Scope, std::set<std::string>> ways;
  for (const ChannelRow& row : reading_.channels) {
    const auto chosen = choice.channels.find(row.channel_id);
    if (chosen != choice.channels.end()) {
      const std::string& facts = row.facts.facts_json;
      ways[chosen->second].insert(
          absl::StrJoin({row.facts.source, TextFact(facts, "kind").value_or("unknown kind"),
                         TextFact(facts, "method").value_or("unknown method")},
                        " "));
    }
  }
  for (const auto& [scope, of_scope] : ways) {
    if (of_scope.size() > 1) {
      return absl::StrJoin(of_scope, "; ");
    }
  }
  return "";
}

absl::Status PairReader::ReadResults(const PairSnapshot& pair, PairRows& rows,
                                     UnitColumns& columns) const {
  // Numbers the instances that answered.
  std::map<std::pair<AgentId, std::string>, std::uint32_t> instances;
  absl::flat_hash_map<std::int64_t, std::uint32_t> instance_of_environment;
  for (const EnvironmentRow& row : rows.environments) {
    const auto number = static_cast<std::uint32_t>(instances.size());
    const auto [at, is_new] = instances.try_emplace({row.agent, row.instance}, number);
    instance_of_environment[row.environment_id] = at->second;
    if (is_new) {
      rows.agent_of_instance.push_back(AgentIndex(row, rows.agents));
    }
  }
  return view_.ForEachResult(pair.spec.id, [&](const ResultRow& row) -> absl::Status {
    WF_RETURN_IF_ERROR(CheckUnit(pair, row.unit, columns));
    const auto unit = static_cast<std::size_t>(row.unit);
    columns.flags[unit] =
        row.flags | (rows.drifted_leases.contains(row.lease) ? kFlagIdleUnstable : 0);
    if (row.status == ResultStatus::kFailed) {
      columns.state[unit] = UnitState::kFailed;
      ++rows.failed[std::string(FailureName(row.failure))];
      return absl::OkStatus();
    }
    columns.state[unit] = UnitState::kCompleted;
    columns.outcome[unit] = reading_.grader ? OutcomeWithout(row) : OutcomeOf(row);
    if (const auto at = instance_of_environment.find(row.environment_id);
        at != instance_of_environment.end()) {
      columns.instance[unit] = at->second;
    }
    if (reading_.refused.contains(row.lease)) {
      rows.refused_leases.insert(row.lease);
      rows.refused_units.push_back(row.unit);
    }
    columns.sent_unix_ms[unit] = row.sent_unix_ms;
    columns.duration_ns[unit] = row.duration_ns;
    columns.ttft_ns[unit] = row.ttft_ns;
    columns.input_tokens[unit] = row.input_tokens;
    columns.cached_tokens[unit] = row.cached_tokens;
    columns.output_tokens[unit] = row.output_tokens;
    columns.reasoning_tokens[unit] = row.reasoning_tokens;
    return absl::OkStatus();
  });
}

absl::Status PairReader::ReadVerdicts(const PairSnapshot& pair, UnitColumns& columns) const {
  if (!reading_.grader) {
    return absl::OkStatus();
  }
  const auto& [name, version] = *reading_.grader;
  return view_.ForEachVerdict(
      pair.spec.id, name, version, [&](const VerdictRow& row) -> absl::Status {
        WF_RETURN_IF_ERROR(CheckUnit(pair, row.unit, columns));
        columns.outcome[static_cast<std::size_t>(row.unit)] = OutcomeOf(row.value);
        return absl::OkStatus();
      });
}

absl::Status PairReader::ReadEnergy(const PairSnapshot& pair, PairRows& rows,
                                    UnitColumns& columns) const {
  absl::flat_hash_map<std::int64_t, EnergyStatus> unmeasured_channels;
  std::vector<ChannelReading> readings;
  Unit unit = -1;
  const auto store = [&] {
    if (unit >= 0) {
      StoreEnergy(static_cast<std::size_t>(unit), rows.choice, reading_.scale, readings, columns);
    }
    readings.clear();
  };
  const auto visit = [&](const EnergyRow& row) -> absl::Status {
    WF_RETURN_IF_ERROR(CheckUnit(pair, row.unit, columns));
    if (row.unit != unit) {
      store();
      unit = row.unit;
    }
    if (row.status == EnergyStatus::kModelled || row.status == EnergyStatus::kImported) {
      unmeasured_channels.try_emplace(row.channel_id, row.status);
    }
    readings.push_back({.channel_id = row.channel_id,
                        .status = row.status,
                        .gross = row.gross,
                        .flags = row.flags});
    return absl::OkStatus();
  };
  WF_RETURN_IF_ERROR(view_.ForEachEnergy(pair.spec.id, visit));
  store();
  rows.modelled_by = NamesOf(unmeasured_channels, EnergyStatus::kModelled);
  rows.imported_from = NamesOf(unmeasured_channels, EnergyStatus::kImported);
  return absl::OkStatus();
}

absl::Status PairReader::ReadQuarantine(const PairSnapshot& pair, PairRows& rows,
                                        UnitColumns& columns) const {
  WF_ASSIGN_OR_RETURN(const std::vector<QuarantineRow> quarantined,
                      view_.Quarantined(pair.spec.id));
  for (const QuarantineRow& row : quarantined) {
    WF_RETURN_IF_ERROR(CheckUnit(pair, row.unit, columns));
    columns.state[static_cast<std::size_t>(row.unit)] = UnitState::kQuarantined;
    ++rows.quarantined[row.reason.empty() ? "no reason given" : row.reason];
  }
  return absl::OkStatus();
}

std::string PairReader::NamesOf(const absl::flat_hash_map<std::int64_t, EnergyStatus>& channels,
                                EnergyStatus status) const {
  std::set<std::string> names;
  for (const ChannelRow& row : reading_.channels) {
    const auto at = channels.find(row.channel_id);
    if (at != channels.end() && at->second == status) {
      names.insert(TextFact(row.facts.facts_json, "model").value_or(row.facts.name));
    }
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace wattfleet::coordinator
