#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/analysis/block_interval.h"
#include "coordinator/report/json_background.h"
#include "coordinator/report/names.h"
#include "coordinator/report/render.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json ToJson(const Estimate& estimate) {
  Json json;
  json["value"] = estimate.value;
  if (estimate.low && estimate.high) {
    json["low"] = *estimate.low;
    json["high"] = *estimate.high;
  }
  if (!estimate.note.empty()) {
    json["note"] = estimate.note;
  }
  return json;
}

Json ToJson(const std::optional<Estimate>& estimate) {
  return estimate ? ToJson(*estimate) : Json();
}

// For keys that are there only where they say something.
template <typename T>
void AddKnown(const char* key, const std::optional<T>& value, Json& json) {
  if (value) {
    json[key] = *value;
  }
}
void AddKnown(const char* key, const std::optional<Estimate>& estimate, Json& json) {
  if (estimate) {
    json[key] = ToJson(*estimate);
  }
}

// Of energy that no sensor measured.
Json Unmeasured(const std::optional<double>& value) {
  return value ? ToJson(WithoutInterval(*value, kNotMeasured)) : Json();
}

// A count of queries: whole without repetitions, else a sum of means.
Json QueryCount(double count, std::int64_t repetitions) {
  return repetitions == 1 ? Json(static_cast<std::int64_t>(count)) : Json(count);
}

Json BuildJson(const ReportedBuild& build) {
  Json json;
  json["engine"] = build.engine;
  json["ref"] = build.ref;
  if (!build.revision.empty()) {
    json["revision"] = build.revision;
  }
  json["quantization"] = TextOrNull(build.quantization);
  json["digest"] = TextOrNull(build.digest);
  return json;
}

Json EnvironmentsJson(const std::vector<ReportedEnvironment>& environments) {
  Json json = Json::array();
  for (const ReportedEnvironment& environment : environments) {
    json.push_back({{"id", environment.id},
                    {"results", environment.results},
                    {"engine_version", OrNull(environment.engine_version)},
                    {"power_mode", OrNull(environment.power_mode)},
                    {"ac", OrNull(environment.ac)}});
  }
  return json;
}

Json CoverageJson(const OutcomeTally& outcomes) {
  const std::optional<Estimate> coverage = outcomes.Coverage();
  if (!coverage) {
    return nullptr;
  }
  Json json = ToJson(*coverage);
  json["if_pending_wrong"] = OrNull(outcomes.CoverageIfPendingWrong());
  json["if_pending_right"] = OrNull(outcomes.CoverageIfPendingRight());
  return json;
}

Json StrataJson(const std::vector<ReportedStratum>& strata, std::int64_t repetitions) {
  Json json = Json::object();
  for (const ReportedStratum& stratum : strata) {
    json[stratum.name] = {{"queries", stratum.outcomes.queries()},
                          {"correct", QueryCount(stratum.outcomes.correct(), repetitions)},
                          {"coverage", ToJson(stratum.outcomes.Coverage())}};
  }
  return json;
}

Json AgentsJson(const std::vector<ReportedStratum>& agents, std::int64_t repetitions) {
  Json json = Json::object();
  for (const ReportedStratum& agent : agents) {
    json[agent.name] = {{"queries", agent.outcomes.queries()},
                        {"correct", QueryCount(agent.outcomes.correct(), repetitions)},
                        {"accuracy", ToJson(agent.outcomes.Accuracy())},
                        {"joules_per_query", OrNull(agent.joules_per_query)},
                        {"power_watts", OrNull(agent.power_watts)}};
  }
  return json;
}

Json TimingJson(const TimingFigures& timing) {
  return {{"mean", OrNull(timing.mean)},
          {"p50", OrNull(timing.p50)},
          {"p90", OrNull(timing.p90)},
          {"p99", OrNull(timing.p99)}};
}

Json OtherEnergyJson(const std::optional<ReportedOtherEnergy>& other) {
  if (!other) {
    return nullptr;
  }
  return {{"model", TextOrNull(other->model)},
          {"joules_per_query", Unmeasured(other->means.joules_per_query)},
          {"power_watts", Unmeasured(other->means.power_watts)}};
}

void AddEnergy(const ReportedEnergy& energy, Json& json) {
  const EnergyFigures& figures = energy.figures;
  const EnergyEstimates& estimates = energy.estimates;
  json["energy"] = {{"class", energy.energy_class},
                    {"status", EnergyStatusName(figures.verdict)},
                    {"reason", TextOrNull(energy.reason)},
                    {"measured_fraction", OrNull(figures.measured_fraction)},
                    {"joules_per_query", ToJson(estimates.joules_per_query)},
                    {"systematic_relative", OrNull(energy.systematic_relative)},
                    {"baseline_watts", OrNull(energy.baseline_watts)}};
  if (!energy.derived.empty()) {
    json["energy"]["derived"] = energy.derived;
  }
  json["joules_per_correct"] = ToJson(estimates.joules_per_correct);
  json["power_watts"] = ToJson(estimates.power_watts);
  json["power_share_watts"] = ToJson(estimates.power_share_watts);
  json["ipw"] = ToJson(estimates.ipw);
  json["ipj"] = ToJson(estimates.ipj);
  json["modelled"] = OtherEnergyJson(energy.modelled);
  if (energy.imported) {
    json["imported"] = OtherEnergyJson(energy.imported);
  }
}

void AddSpeed(const ReportedPair& pair, Json& json) {
  json["latency_seconds"] = TimingJson(pair.latency);
  json["ttft_seconds"] = TimingJson(pair.ttft);
  if (pair.timings) {
    const ToolTimings& of = *pair.timings;
    json["timings_seconds"] = {{"tpot_vllm", TimingJson(of.tpot_vllm)},
                               {"tpot_guidellm", TimingJson(of.tpot_guidellm)},
                               {"itl_pooled", TimingJson(of.itl_pooled)},
                               {"itl_mean", TimingJson(of.itl_mean)},
                               {"e2e_from_schedule", TimingJson(of.e2e_from_schedule)},
                               {"results", of.results},
                               {"with_chunks", of.with_chunks},
                               {"gaps", of.gaps}};
  }
  json["tokens"] = {{"input_mean", OrNull(pair.tokens.input_mean)},
                    {"cached_input_mean", OrNull(pair.tokens.cached_input_mean)},
                    {"output_mean", OrNull(pair.tokens.output_mean)},
                    {"reasoning_mean", OrNull(pair.tokens.reasoning_mean)},
                    {"output_per_second", OrNull(pair.tokens.output_per_second)}};
  json["joules_per_output_token"] = ToJson(pair.energy.estimates.joules_per_output_token);
  json["cost_usd_per_query"] = OrNull(pair.cost_usd_per_query);
  AddKnown("seconds_per_correct", pair.seconds_per_correct, json);
  AddKnown("usd_per_correct", pair.usd_per_correct, json);
}

// What the sweep file says of the model and the accelerator's name of itself.
void AddDeclared(const ReportedPair& pair, Json& json) {
  if (pair.parameters_total || pair.parameters_active) {
    json["parameters"] = {{"total", OrNull(pair.parameters_total)},
                          {"active", OrNull(pair.parameters_active)}};
  }
  if (!pair.released.empty()) {
    json["released"] = pair.released;
  }
  if (pair.price) {
    json["price"] = {{"input_per_million", pair.price->input_per_million},
                     {"output_per_million", pair.price->output_per_million},
                     {"cached_input_per_million", OrNull(pair.price->cached_input_per_million)},
                     {"as_of", TextOrNull(pair.price->as_of)}};
  }
  if (pair.devices > 1) {
    json["devices"] = pair.devices;
  }
}

void AddOutcomes(const ReportedPair& pair, Json& json) {
  const OutcomeTally& outcomes = pair.outcomes;
  json["queries"] = pair.queries;
  json["completed"] = pair.progress.completed;
  json["failed"] = pair.progress.failed;
  json["quarantined"] = pair.progress.quarantined;
  json["open"] = pair.progress.open;
  json["correct"] = QueryCount(outcomes.correct(), pair.repetitions);
  json["wrong"] = QueryCount(outcomes.wrong(), pair.repetitions);
  json["no_answer"] = QueryCount(outcomes.no_answer(), pair.repetitions);
  json["pending"] = QueryCount(outcomes.pending(), pair.repetitions);
  json["accuracy"] = ToJson(outcomes.Accuracy());
  if (pair.macro_accuracy) {
    json["accuracy_macro"] = *pair.macro_accuracy;
  }
  json["accuracy_extractable"] = ToJson(outcomes.AccuracyExtractable());
  json["coverage"] = CoverageJson(outcomes);
  json["truncated_share"] = OrNull(pair.tokens.truncated_share);
  json["cached_input_share"] = OrNull(pair.tokens.cached_input_share);
}

Json PairJson(const ReportedPair& pair) {
  Json json;
  json["id"] = pair.id;
  json["model"] = pair.model;
  json["build"] = BuildJson(pair.build);
  json["accelerator"] = pair.accelerator;
  json["location"] = pair.location;
  json["condition"] = pair.condition;
  json["agents"] = pair.agents;
  json["environments"] = EnvironmentsJson(pair.environments);
  AddOutcomes(pair, json);
  AddEnergy(pair.energy, json);
  AddSpeed(pair, json);
  Json flags = Json::object();
  for (const auto& [name, results] : pair.flags) {
    flags[name] = results;
  }
  json["flags"] = std::move(flags);
  json["by"] = {{"subject", StrataJson(pair.subjects, pair.repetitions)},
                {"dataset", StrataJson(pair.datasets, pair.repetitions)}};
  if (!pair.of_agents.empty()) {
    json["by"]["agent"] = AgentsJson(pair.of_agents, pair.repetitions);
  }
  if (!pair.difficulty.empty()) {
    json["by"]["difficulty"] = StrataJson(pair.difficulty, /*repetitions=*/1);
  }
  AddKnown("weighted_coverage", pair.weighted_coverage, json);
  AddDeclared(pair, json);
  AddBackground(pair, json);
  return json;
}

Json UnionJson(const ReportedUnion& reported) {
  const UnionCoverage& result = reported.result;
  Json coverage = ToJson(result.coverage);
  if (result.coverage && !result.left_out.empty()) {
    coverage["if_pending_wrong"] = OrNull(result.lower_bound);
  }
  Json order = Json::array();
  for (const UnionStep& step : result.order) {
    order.push_back({{"member", step.member}, {"coverage_after", step.coverage_after}});
  }
  return {{"name", reported.name},
          {"members", result.members},
          {"left_out", result.left_out},
          {"queries", result.queries},
          {"coverage", std::move(coverage)},
          {"chance_floor", OrNull(result.chance_floor)},
          {"solved_by_at_least_2", OrNull(result.solved_by_at_least_2)},
          {"order", std::move(order)}};
}

Json ComparisonJson(const ReportedComparison& comparison) {
  Json json = {{"model", comparison.model},
               {"numerator", comparison.numerator},
               {"denominator", comparison.denominator},
               {"match", MatchName(comparison.match)},
               {"ipw_ratio", ToJson(comparison.ipw_ratio)},
               {"ipj_ratio", ToJson(comparison.ipj_ratio)},
               {"accuracy_difference", ToJson(comparison.accuracy_difference)},
               {"p_mcnemar", OrNull(comparison.p_mcnemar)},
               {"p_holm", OrNull(comparison.p_holm)}};
  json["queries"] = comparison.queries;
  AddKnown("joules_per_correct_ratio", comparison.joules_per_correct_ratio, json);
  AddKnown("ipw_ratio_per_device", comparison.ipw_ratio_per_device, json);
  AddKnown("ipj_ratio_per_device", comparison.ipj_ratio_per_device, json);
  return json;
}

Json ExclusionsJson(const EnergyExclusions& exclusions) {
  Json json = {{"warm_up", exclusions.warm_up}, {"invalid_energy", exclusions.invalid_energy}};
  const auto add = [&](const char* name, std::int64_t results) {
    if (results > 0) {
      json[name] = results;
    }
  };
  add("unmeasured", exclusions.unmeasured);
  add("partial_energy", exclusions.partial_energy);
  add("ramp", exclusions.ramp);
  add("timing", exclusions.timing);
  return json;
}

Json LedgerJson(const std::optional<ReportedLedger>& ledger) {
  const auto joules = [&](double ReportedLedger::*member) {
    return ledger ? Json((*ledger).*member) : Json();
  };
  return {{"total_joules", joules(&ReportedLedger::total)},
          {"attributed_joules", joules(&ReportedLedger::attributed)},
          {"idle_joules", joules(&ReportedLedger::idle)},
          {"uncounted_joules", joules(&ReportedLedger::uncounted)},
          {"unassigned_joules", joules(&ReportedLedger::unassigned)}};
}

Json QualityJson(const ReportedQuality& quality) {
  Json mismatches = Json::array();
  for (const Mismatch& mismatch : quality.mismatches) {
    mismatches.push_back(
        {{"kind", mismatch.kind}, {"pairs", mismatch.pairs}, {"text", mismatch.text}});
  }
  Json graders = Json::object();
  for (const auto& [name, version] : quality.graders) {
    graders[name] = version;
  }
  Json json = {{"exclusions", ExclusionsJson(quality.exclusions)},
               {"mismatches", std::move(mismatches)},
               {"ledger", LedgerJson(quality.ledger)},
               {"seeds", {{"bootstrap", quality.bootstrap_seed}}},
               {"versions", {{"wattfleet", quality.version}, {"graders", std::move(graders)}}}};
  AddJudges(quality, json);
  if (!quality.verdicts_by.empty()) {
    json["verdicts_by"] = quality.verdicts_by;
  }
  return json;
}

template <typename Range, typename ToElement>
Json ArrayOf(const Range& range, const ToElement& to_element) {
  Json json = Json::array();
  for (const auto& element : range) {
    json.push_back(to_element(element));
  }
  return json;
}

Json DifficultyJson(const Difficulty& difficulty) {
  return {{"levels", ArrayOf(difficulty.levels,
                             [](const DifficultyLevel& level) {
                               return Json{{"name", level.name},
                                           {"queries", level.queries},
                                           {"models", level.models}};
                             })},
          {"models", difficulty.models},
          {"left_out", difficulty.left_out},
          {"queries", difficulty.queries}};
}

Json TrendYearJson(const TrendYear& year) {
  return {{"year", year.year},
          {"class", year.energy_class},
          {"condition", year.condition},
          {"pair", year.pair},
          {"ipw", year.ipw},
          {"accuracy", year.accuracy},
          {"power_watts", year.power_watts},
          {"ipw_ratio", OrNull(year.ipw_ratio)},
          {"accuracy_ratio", OrNull(year.accuracy_ratio)},
          {"power_ratio", OrNull(year.power_ratio)}};
}

Json TrendJson(const Trend& trend) {
  return {{"points", ArrayOf(trend.points,
                             [](const TrendPoint& point) {
                               return Json{{"released", point.released},
                                           {"model", point.model},
                                           {"coverage", point.coverage},
                                           {"best_single", point.best_single},
                                           {"union_so_far", point.union_so_far}};
                             })},
          {"best_ipw_by_year", ArrayOf(trend.years, TrendYearJson)},
          {"left_out", trend.left_out},
          {"queries", trend.queries}};
}

Json RoutingPointJson(const RoutingPoint& point) {
  Json json = {{"router_accuracy", point.router_accuracy},
               {"accuracy", point.accuracy},
               {"energy_saved", OrNull(point.energy_saved)},
               {"cost_saved", OrNull(point.cost_saved)},
               {"compute_saved", OrNull(point.compute_saved)}};
  if (point.energy_saved_if_low && point.energy_saved_if_high) {
    json["energy_saved_assumed"] = {{"if_low", *point.energy_saved_if_low},
                                    {"if_high", *point.energy_saved_if_high}};
  }
  return json;
}

Json RoutingJson(const Routing& routing) {
  Json json = {{"baseline", routing.baseline},
               {"baseline_condition", routing.baseline_condition},
               {"baseline_accuracy", routing.baseline_accuracy},
               {"pool", ArrayOf(routing.pool,
                                [](const RoutingMember& member) {
                                  return Json{{"pair", member.pair},
                                              {"condition", member.condition},
                                              {"queries", member.queries}};
                                })},
               {"left_out", routing.left_out},
               {"queries", routing.queries},
               {"local_share", routing.local_share},
               {"ranked_by", routing.ranked_by},
               {"class", routing.energy_class},
               {"compute_by", routing.by_total_parameters ? "total" : "active"},
               {"wasted_attempts", routing.wasted_attempts},
               {"electricity_usd_per_kwh", OrNull(routing.electricity_usd_per_kwh)},
               {"energy_reason", TextOrNull(routing.energy_reason)},
               {"cost_reason", TextOrNull(routing.cost_reason)},
               {"compute_reason", TextOrNull(routing.compute_reason)}};
  if (const auto& assumed = routing.assumed_baseline_joules) {
    json["assumed_baseline_joules"] = {{"low", assumed->low}, {"high", assumed->high}};
  }
  json["points"] = ArrayOf(routing.points, RoutingPointJson);
  return json;
}

void AddStudies(const Report& report, Json& json) {
  if (report.difficulty) {
    json["difficulty"] = DifficultyJson(*report.difficulty);
  }
  if (report.trend) {
    json["trend"] = TrendJson(*report.trend);
  }
  if (report.routing) {
    json["routing"] = RoutingJson(*report.routing);
  }
  if (report.weights) {
    Json weights = Json::object();
    for (const auto& [subject, weight] : report.weights->weights) {
      weights[subject] = weight;
    }
    json["weights"] = {{"source", report.weights->source},
                       {"weights", std::move(weights)},
                       {"without", report.weights->without}};
  }
}

}  // namespace

std::string RenderJson(const Report& report) {
  Json json;
  json["schema"] = "wattfleet.report/1";
  json["sweep"] = {{"name", report.sweep_name},
                   {"id", report.sweep_id},
                   {"state", report.state},
                   {"provisional", report.provisional},
                   {"workload",
                    {{"name", report.workload_name},
                     {"id", report.workload_id},
                     {"queries", report.queries},
                     {"datasets", report.datasets}}}};
  if (!report.reason.empty()) {
    json["sweep"]["reason"] = report.reason;
  }
  json["pairs"] = ArrayOf(report.pairs, PairJson);
  json["union"] = ArrayOf(report.unions, UnionJson);
  json["comparisons"] = ArrayOf(report.comparisons, ComparisonJson);
  AddStudies(report, json);
  json["quality"] = QualityJson(report.quality);
  AddBackground(report, json);
  return json.dump(/*indent=*/1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
         "\n";
}

std::string RenderRouteJson(const Report& report) {
  const Json json = report.routing ? RoutingJson(*report.routing) : Json();
  return json.dump(/*indent=*/1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace wattfleet::coordinator
