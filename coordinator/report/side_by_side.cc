#include "coordinator/report/side_by_side.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/analysis/comparison.h"
#include "coordinator/report/pair_reader.h"
#include "coordinator/report/report_text.h"

namespace wattfleet::coordinator {

namespace {

// Query of the workload -> whether the pair solved it; only those that it has decided.
using Decided = std::map<std::int64_t, bool>;

struct Side {
  const SideSources* sources = nullptr;
  Report report;
  std::vector<const ReportedPair*> chosen;
};

absl::StatusOr<std::vector<const ReportedPair*>> Choose(const Report& report,
                                                        const std::string& name) {
  std::vector<const ReportedPair*> found;
  std::vector<std::string> names;
  for (const ReportedPair& pair : report.pairs) {
    names.push_back(pair.id);
    if (pair.id == name) {
      return std::vector<const ReportedPair*>{&pair};
    }
    if (absl::StrContains(pair.id, name)) {
      found.push_back(&pair);
    }
  }
  if (name.empty() || found.size() == 1) {
    return found;
  }
  if (found.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "sweep %s has no pair \"%s\"; %s", report.sweep_name, name, NearestText(name, names)));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%d pairs of sweep %s have \"%s\" in their name, among them %s and %s",
                      found.size(), report.sweep_name, name, found[0]->id, found[1]->id));
}

absl::StatusOr<Side> ReadSide(const SideSources& sources) {
  Side side;
  side.sources = &sources;
  WF_ASSIGN_OR_RETURN(side.report, BuildReport(*sources.view, *sources.workload, sources.options));
  return side;
}

absl::StatusOr<Decided> ReadDecided(const Side& side, const ReportedPair& pair) {
  SweepView& view = *side.sources->view;
  WF_ASSIGN_OR_RETURN(const std::vector<PairSnapshot> snapshots, AnswerPairs(view));
  WF_ASSIGN_OR_RETURN(const std::vector<std::int64_t> q_of_position, view.Sample());
  const auto snapshot =
      std::find_if(snapshots.begin(), snapshots.end(),
                   [&](const PairSnapshot& one) { return PairName(one.spec) == pair.id; });
  if (snapshot == snapshots.end()) {
    return absl::InternalError(absl::StrCat("pair ", pair.id, " is gone"));
  }
  const PairReader reader(view, {.n_queries = static_cast<std::int64_t>(q_of_position.size()),
                                 .energy_class = "host",
                                 .scale = 1,
                                 .channels = {},
                                 .ledger = {},
                                 .refused = {}});
  UnitColumns columns;
  WF_RETURN_IF_ERROR(reader.Read(*snapshot, columns).status());
  const PairOutcomes outcomes = OutcomesOf(columns);
  Decided decided;
  for (std::size_t position = 0; position < q_of_position.size(); ++position) {
    if (outcomes.decided.Contains(position)) {
      decided[q_of_position[position]] = outcomes.solved.Contains(position);
    }
  }
  return decided;
}

PairedOutcomes OverCommonQueries(const Decided& a, const Decided& b) {
  PairedOutcomes outcomes;
  for (const auto& [q, is_solved_by_a] : a) {
    const auto at = b.find(q);
    if (at == b.end()) {
      continue;
    }
    ++outcomes.queries;
    outcomes.only_a += is_solved_by_a && !at->second ? 1 : 0;
    outcomes.only_b += !is_solved_by_a && at->second ? 1 : 0;
  }
  return outcomes;
}

// Collects what differs.
class Differences {
 public:
  void Add(const std::string& what, const std::string& a, const std::string& b) {
    if (a != b) {
      found_.push_back({.what = what, .a = a, .b = b});
    }
  }
  std::vector<ProvenanceDifference> Take() { return std::move(found_); }

 private:
  std::vector<ProvenanceDifference> found_;
};

std::string EngineVersions(const ReportedPair& pair) {
  std::set<std::string> versions;
  for (const ReportedEnvironment& environment : pair.environments) {
    versions.insert(environment.engine_version.value_or("unknown"));
  }
  return absl::StrJoin(versions, ", ");
}

std::string PowerSupplies(const ReportedPair& pair) {
  std::set<std::string> supplies;
  for (const ReportedEnvironment& environment : pair.environments) {
    supplies.insert(!environment.ac ? "unknown" : *environment.ac ? "mains" : "battery");
  }
  return absl::StrJoin(supplies, ", ");
}

std::string SensorNames(const ReportedPair& pair) {
  std::set<std::string> sensors;
  for (const ReportedSensor& sensor : pair.sensors) {
    sensors.insert(absl::StrCat(sensor.source, " of ", sensor.scope));
  }
  return sensors.empty() ? "none" : absl::StrJoin(sensors, ", ");
}

std::string GraderNames(const Report& report) {
  std::vector<std::string> graders;
  for (const auto& [name, version] : report.quality.graders) {
    graders.push_back(absl::StrCat(name, " ", version));
  }
  return graders.empty() ? "none" : absl::StrJoin(graders, ", ");
}

std::vector<ProvenanceDifference> DifferencesOf(const Side& side_a, const ReportedPair& a,
                                                const Side& side_b, const ReportedPair& b) {
  Differences differences;
  differences.Add("model", a.model, b.model);
  differences.Add("engine", a.build.engine, b.build.engine);
  differences.Add("engine version", EngineVersions(a), EngineVersions(b));
  differences.Add("build", a.build.ref, b.build.ref);
  differences.Add("revision", a.build.revision, b.build.revision);
  differences.Add("quantization", a.build.quantization, b.build.quantization);
  differences.Add("model digest", a.build.digest, b.build.digest);
  differences.Add("accelerator", a.accelerator, b.accelerator);
  differences.Add("condition", a.condition, b.condition);
  differences.Add("energy class", a.energy.energy_class, b.energy.energy_class);
  differences.Add("sensors", SensorNames(a), SensorNames(b));
  differences.Add("power supply", PowerSupplies(a), PowerSupplies(b));
  differences.Add("sampling", DescribeGeneration(a.generation), DescribeGeneration(b.generation));
  differences.Add("graders", GraderNames(side_a.report), GraderNames(side_b.report));
  std::map<std::string, std::pair<std::string, std::string>> settings;
  for (const auto& [name, value] : side_a.report.settings) {
    settings[name].first = value;
  }
  for (const auto& [name, value] : side_b.report.settings) {
    settings[name].second = value;
  }
  for (const auto& [name, values] : settings) {
    differences.Add(name, values.first, values.second);
  }
  return differences.Take();
}

std::optional<double> Ratio(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b && *b > 0 ? std::optional<double>(*a / *b) : std::nullopt;
}

absl::StatusOr<PairsSideBySide> CompareTwo(const Side& side_a, const ReportedPair& a,
                                           const Side& side_b, const ReportedPair& b) {
  PairsSideBySide both{.a = a, .b = b, .differences = DifferencesOf(side_a, a, side_b, b)};
  WF_ASSIGN_OR_RETURN(const Decided decided_a, ReadDecided(side_a, a));
  WF_ASSIGN_OR_RETURN(const Decided decided_b, ReadDecided(side_b, b));
  const PairedOutcomes outcomes = OverCommonQueries(decided_a, decided_b);
  both.queries = outcomes.queries;
  both.accuracy_difference = AccuracyDifference(outcomes);
  if (outcomes.queries > 0) {
    both.p_mcnemar = McNemarExact(outcomes.only_a, outcomes.only_b);
  }
  if (a.condition == b.condition && a.energy.energy_class == b.energy.energy_class) {
    const EnergyFigures& of_a = a.energy.figures;
    const EnergyFigures& of_b = b.energy.figures;
    both.ipw_ratio = Ratio(of_a.ipw, of_b.ipw);
    both.ipj_ratio = Ratio(of_a.ipj, of_b.ipj);
    both.joules_per_correct_ratio = Ratio(of_a.joules_per_correct, of_b.joules_per_correct);
  }
  return both;
}

// The counterpart of `pair` among `others`; nullptr where there is none.
const ReportedPair* CounterpartOf(const ReportedPair& pair,
                                  const std::vector<const ReportedPair*>& others) {
  std::vector<const ReportedPair*> alike;
  for (const ReportedPair* other : others) {
    if (other->id == pair.id) {
      return other;
    }
    if (other->model == pair.model && other->condition == pair.condition) {
      alike.push_back(other);
    }
  }
  return alike.size() == 1 ? alike.front() : nullptr;
}

using Couple = std::pair<const ReportedPair*, const ReportedPair*>;

std::vector<Couple> Match(const Side& a, const Side& b, SideBySide& comparison) {
  std::vector<Couple> couples;
  if (a.chosen.size() == 1 && b.chosen.size() == 1) {
    couples.emplace_back(a.chosen[0], b.chosen[0]);
    return couples;
  }
  std::set<const ReportedPair*> taken;
  for (const ReportedPair* pair : a.chosen) {
    const ReportedPair* counterpart = CounterpartOf(*pair, b.chosen);
    if (counterpart != nullptr && CounterpartOf(*counterpart, a.chosen) == pair) {
      couples.emplace_back(pair, counterpart);
      taken.insert(counterpart);
    } else {
      comparison.only_in_a.push_back(pair->id);
    }
  }
  for (const ReportedPair* pair : b.chosen) {
    if (!taken.contains(pair)) {
      comparison.only_in_b.push_back(pair->id);
    }
  }
  return couples;
}

absl::Status CheckComparable(const Side& a, const Side& b) {
  if (a.report.workload_id != b.report.workload_id) {
    return absl::FailedPreconditionError(
        absl::StrFormat("no common query: sweep %s asks workload %s (%s), sweep %s asks %s (%s)",
                        a.report.sweep_name, a.report.workload_name, a.report.workload_id,
                        b.report.sweep_name, b.report.workload_name, b.report.workload_id));
  }
  for (const Side* side : {&a, &b}) {
    if (side->chosen.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("sweep %s has no pair yet", side->report.sweep_name));
    }
  }
  return absl::OkStatus();
}

void AdjustP(std::vector<PairsSideBySide>& pairs) {
  std::vector<double> p;
  for (const PairsSideBySide& both : pairs) {
    if (both.p_mcnemar) {
      p.push_back(*both.p_mcnemar);
    }
  }
  const std::vector<double> adjusted = HolmAdjusted(p);
  std::size_t next = 0;
  for (PairsSideBySide& both : pairs) {
    if (both.p_mcnemar) {
      both.p_holm = adjusted[next++];
    }
  }
}

void AddCandidates(const char* name, const Side& side,
                   std::vector<OperatingCandidate>& candidates) {
  for (const ReportedPair* pair : side.chosen) {
    const bool is_of_class = pair->energy.energy_class == side.report.energy_class;
    candidates.push_back(
        {.side = name,
         .pair = pair->id,
         .condition = pair->condition,
         .joules_per_correct = is_of_class ? pair->energy.figures.joules_per_correct : std::nullopt,
         .seconds_per_correct = pair->seconds_per_correct,
         .usd_per_correct = pair->usd_per_correct});
  }
}

// Both sides, with what needs no couples filled in.
struct Opened {
  Side a;
  Side b;
  SideBySide comparison;
};

absl::StatusOr<Opened> OpenSides(const SideSources& of_a, const SideSources& of_b) {
  Opened opened;
  auto& [a, b, comparison] = opened;
  WF_ASSIGN_OR_RETURN(a, ReadSide(of_a));
  WF_ASSIGN_OR_RETURN(b, ReadSide(of_b));
  WF_ASSIGN_OR_RETURN(a.chosen, Choose(a.report, of_a.pair));
  WF_ASSIGN_OR_RETURN(b.chosen, Choose(b.report, of_b.pair));
  WF_RETURN_IF_ERROR(CheckComparable(a, b));
  comparison.sweep_a = a.report.sweep_name;
  comparison.sweep_b = b.report.sweep_name;
  comparison.is_provisional = a.report.provisional || b.report.provisional;
  std::vector<OperatingCandidate> candidates;
  AddCandidates("A", a, candidates);
  AddCandidates("B", b, candidates);
  comparison.operating_points = BestOperatingPoints(candidates);
  return opened;
}

}  // namespace

absl::StatusOr<SideBySide> CompareOperatingPoints(const SideSources& of_a,
                                                  const SideSources& of_b) {
  WF_ASSIGN_OR_RETURN(Opened opened, OpenSides(of_a, of_b));
  return std::move(opened.comparison);
}

absl::StatusOr<SideBySide> CompareSides(const SideSources& of_a, const SideSources& of_b) {
  WF_ASSIGN_OR_RETURN(Opened opened, OpenSides(of_a, of_b));
  auto& [a, b, comparison] = opened;
  const std::vector<Couple> couples = Match(a, b, comparison);
  if (couples.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "no pair of sweep %s has a counterpart in sweep %s: name one of each, as SWEEP:PAIR",
        comparison.sweep_a, comparison.sweep_b));
  }
  std::int64_t common = 0;
  for (const auto& [one, other] : couples) {
    WF_ASSIGN_OR_RETURN(PairsSideBySide both, CompareTwo(a, *one, b, *other));
    common += both.queries;
    comparison.pairs.push_back(std::move(both));
  }
  if (common == 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("no common query: none is decided for both %s and %s",
                        comparison.pairs[0].a.id, comparison.pairs[0].b.id));
  }
  AdjustP(comparison.pairs);
  return std::move(comparison);
}

}  // namespace wattfleet::coordinator
